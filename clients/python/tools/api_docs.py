"""`api_docs.py <folder>`: writes the API docs with pdoc, messages and enums with the comments of their stubs.

At run time protobuf's classes say nothing of themselves: comments are in the `.pyi` files only.
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from pdoc import doc, render

import bursar


def main(folder: Path) -> None:
    """Writes a page for each public module."""
    modules = {name: doc.Module(importlib.import_module(name)) for name in public_modules()}
    for module in modules.values():
        stubs = {name: text for stub in _stubs(module) for name, text in _texts(stub)}
        for member in module.members.values():
            if isinstance(getattr(module.obj, member.name), EnumTypeWrapper) or member.name in stubs:
                member.docstring = stubs[member.name]
    for name, module in modules.items():
        page = folder / f"{name.replace('.', '/')}.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(render.html_module(module, modules))
    (folder / "index.html").write_text(render.html_index(modules))
    (folder / "search.js").write_text(render.search_index(modules))
    undocumented = [
        member.fullname
        for module in modules.values()
        for member in module.members.values()
        if member.name in module.obj.__all__ and member.kind != "module" and not member.docstring
    ]
    if undocumented:
        raise SystemExit(f"without a comment: {', '.join(undocumented)}")


def public_modules() -> Iterator[str]:
    """The names of the modules that users import from."""
    yield from ("bursar", "bursar.aio")
    root = Path(bursar.__file__).parent
    for package in sorted(root.glob("*/v1/__init__.py")):
        yield f"bursar.{package.parent.parent.name}.v1"


def _stubs(module: doc.Module) -> Iterator[ast.Module]:
    if module.name in ("bursar", "bursar.aio"):
        return
    for stub in sorted(Path(str(module.obj.__file__)).parent.glob("*.pyi")):
        yield ast.parse(stub.read_text())


def _texts(stub: ast.Module) -> Iterator[tuple[str, str]]:
    """The messages and enums of a stub, each with its comment and a table of what it holds."""
    for node in stub.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            parts = [*_parts(node.body), *_parts(stub.body, f"{node.name}.ValueType")]
            rows = [f"| `{name}` | {' '.join(text.split())} |" for name, text in parts]
            table = ["", "| | |", "|---|---|", *rows] if rows else []
            yield node.name, "\n".join([ast.get_docstring(node) or "", *table])


def _parts(body: list[ast.stmt], kind: str | None = None) -> Iterator[tuple[str, str]]:
    """The fields of a message with their comments; with a type, the values of that enum."""
    for part, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(part, ast.FunctionDef) and ast.get_docstring(part) and kind is None:
            yield part.name, ast.get_docstring(part) or ""
        elif not isinstance(part, ast.AnnAssign) or not isinstance(after, ast.Expr):
            continue
        elif isinstance(part.target, ast.Name) and kind in (None, ast.unparse(part.annotation)):
            yield part.target.id, str(ast.literal_eval(after.value))


main(Path(sys.argv[1]))
