package bursar

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// Everything that is exported says what it is. Constants of a block may share its comment.
func TestEverythingExportedIsDocumented(t *testing.T) {
	positions := token.NewFileSet()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(positions, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	shown, err := doc.NewFromFiles(positions, files, "bursar")
	if err != nil {
		t.Fatal(err)
	}
	check := func(what, comment string) {
		if strings.TrimSpace(comment) == "" {
			t.Errorf("%s has no comment", what)
		}
	}
	functions := func(found []*doc.Func) {
		for _, function := range found {
			check(function.Name, function.Doc)
		}
	}
	check("the package", shown.Doc)
	functions(shown.Funcs)
	values := append(append([]*doc.Value{}, shown.Consts...), shown.Vars...)
	for _, kind := range shown.Types {
		check(kind.Name, kind.Doc)
		functions(kind.Funcs)
		functions(kind.Methods)
		values = append(values, kind.Consts...)
		ast.Inspect(kind.Decl, func(node ast.Node) bool {
			if fields, ok := node.(*ast.StructType); ok {
				for _, field := range fields.Fields.List {
					for _, name := range field.Names {
						if name.IsExported() {
							check(kind.Name+"."+name.Name, field.Doc.Text())
						}
					}
				}
			}
			return true
		})
	}
	for _, value := range values {
		check(strings.Join(value.Names, ", "), value.Doc)
	}
}
