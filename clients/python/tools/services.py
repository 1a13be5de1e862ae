"""Writes the module of a proto's services: each as a class of its own, once for threads and once for asyncio."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from google.protobuf.descriptor_pb2 import (
    FileDescriptorProto,
    MethodDescriptorProto,
    ServiceDescriptorProto,
)
from protos import HEADER, Protos, docstring, module, snake

# Methods that are written by hand, and the base class of their service that has them.
HAND_WRITTEN = {"bursar.ledger.v1.TransferService/StreamTransfers": "TransferStreams"}

# What a module may need of the client, and where that is.
_OWN = {
    "Cancel": "_cancel",
    "Pages": "_pages",
    "AsyncPages": "_pages",
    "Service": "_sync",
    "AsyncService": "_async",
    "TransferStreams": "_streams",
    "AsyncTransferStreams": "_streams",
}


@dataclass(frozen=True)
class Form:
    """What differs between the two forms of a service."""

    prefix: str
    # Goes before `def`, and before a call whose reply is awaited.
    keyword: str
    wait: str
    iterator: str
    iterable: str
    pages: str
    # Only threads need a means of their own to take a call back.
    parameters: str
    arguments: str


SYNC = Form(
    prefix="",
    keyword="",
    wait="",
    iterator="Iterator",
    iterable="Iterable",
    pages="Pages",
    parameters="timeout: float | None = None, cancel: Cancel | None = None",
    arguments="timeout, cancel",
)
ASYNC = Form(
    prefix="Async",
    keyword="async ",
    wait="await ",
    iterator="AsyncIterator",
    iterable="AsyncIterable",
    pages="AsyncPages",
    parameters="timeout: float | None = None",
    arguments="timeout",
)


def service_file(protos: Protos, file: FileDescriptorProto) -> str:
    """The module of a file's services."""
    body = "\n".join(
        line for number, service in enumerate(file.service) for line in _service(protos, file, number, service)
    )
    modules: dict[str, set[str]] = {}
    for service in file.service:
        for method in service.method:
            for name in _types(protos, method):
                owner = protos.message(name)[0]
                modules.setdefault(owner.package, set()).add(module(owner))
    abc = [name for name in ("AsyncIterable", "AsyncIterator", "Iterable", "Iterator") if f"{name}[" in body]
    own = [
        f"from bursar.{home} import {name}"
        for name, home in _OWN.items()
        if f"({name})" in body or f"{name}[" in body or f": {name} " in body
    ]
    lines = [
        HEADER.rstrip(),
        f'"""The services of `{file.name}`."""',
        "",
        "from __future__ import annotations",
        "",
        *([f"from collections.abc import {', '.join(abc)}", ""] if abc else []),
        "from bursar._method import Method",
        *own,
        *(f"from {package} import {', '.join(sorted(names))}" for package, names in sorted(modules.items())),
        "",
        body,
    ]
    return "\n".join(lines).rstrip() + "\n"


def _types(protos: Protos, method: MethodDescriptorProto) -> Iterator[str]:
    """The full names of the messages that a method's signature names."""
    yield method.input_type
    yield method.output_type
    items = protos.items(method)
    if items:
        yield items.type_name


def _service(protos: Protos, file: FileDescriptorProto, number: int, service: ServiceDescriptorProto) -> Iterator[str]:
    full_name = f"{file.package}.{service.name}"
    generated = [
        (index, method)
        for index, method in enumerate(service.method)
        if f"{full_name}/{method.name}" not in HAND_WRITTEN
    ]
    for _, method in generated:
        types = f"{_type(protos, method.input_type)}, {_type(protos, method.output_type)}"
        yield f'_{snake(method.name).upper()} = Method("{full_name}", "{method.name}", {types})'
    yield ""
    base = next((base for name, base in HAND_WRITTEN.items() if name.startswith(f"{full_name}/")), "Service")
    for form in (SYNC, ASYNC):
        yield ""
        yield f"class {form.prefix}{service.name}({form.prefix}{base}):"
        yield docstring(protos.comment(file, 6, number), "    ")
        yield ""
        yield f'    NAME = "{full_name}"'
        yield '    """The full name of the service."""'
        for index, method in generated:
            doc = docstring(protos.comment(file, 6, number, 2, index), "        ")
            yield from _method(protos, form, method, doc)
        yield ""


def _method(protos: Protos, form: Form, method: MethodDescriptorProto, doc: str) -> Iterator[str]:
    name, constant = snake(method.name), f"_{snake(method.name).upper()}"
    request, reply = _type(protos, method.input_type), _type(protos, method.output_type)
    kind = {(False, False): "unary", (False, True): "replies", (True, True): "both"}[
        (method.client_streaming, method.server_streaming)
    ]
    streams = kind != "unary"
    argument = f"requests: {form.iterable}[{request}]" if kind == "both" else f"request: {request}"
    # A request without what is wanted is common for lists, and the only one where there are no fields.
    optional = not protos.message(method.input_type)[1].field or protos.items(method) is not None
    if optional:
        argument += " | None = None"
    value = f"request or {request}()" if optional else argument.partition(":")[0]
    returns = f"{form.iterator}[{reply}]" if streams else reply
    yield ""
    yield f"    {'' if streams else form.keyword}def {name}("
    yield f"        self, {argument}, *, {form.parameters}"
    yield f"    ) -> {returns}:"
    yield doc
    wait = "" if streams else form.wait
    yield f"        return {wait}self._caller.{kind}({constant}, {value}, {form.arguments})"
    items = protos.items(method)
    if not items:
        return
    item = _type(protos, items.type_name)
    yield ""
    yield f"    def iter_{name.partition('_')[2]}("
    yield f"        self, {argument}, *, {form.parameters}"
    yield f"    ) -> {form.pages}[{item}]:"
    yield f'        """Iterates over the {items.name.replace("_", " ")} of all pages of `{name}`, a page at a time."""'
    arguments = f'{value}, "{items.name}", {form.arguments}'
    yield f"        return {form.pages}(self._caller, {constant}, {arguments})"


def _type(protos: Protos, name: str) -> str:
    file, message = protos.message(name)
    return f"{module(file)}.{message.name}"
