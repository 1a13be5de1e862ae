// Command pack <module folder> <version> <empty folder> makes the zip that Go's tools would make of a module, with their
// own rules, and unpacks it. What is left out of the published module is missing there too.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: pack <module folder> <version> <empty folder>")
		os.Exit(2)
	}
	if err := pack(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

func pack(folder, version, out string) (err error) {
	text, err := os.ReadFile(filepath.Join(folder, "go.mod"))
	if err != nil {
		return err
	}
	packed := module.Version{Path: modfile.ModulePath(text), Version: version}
	file, err := os.CreateTemp("", "module-*.zip")
	if err != nil {
		return err
	}
	defer func() {
		file.Close()
		os.Remove(file.Name())
	}()
	if err := zip.CreateFromDir(file, packed, folder); err != nil {
		return err
	}
	return zip.Unzip(out, packed, file.Name())
}
