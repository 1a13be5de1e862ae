"""Writes what joins the modules of a domain: its package, and the groups of services that a client has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from google.protobuf.descriptor_pb2 import FileDescriptorProto
from protos import HEADER, Protos, module, snake


def package_file(package: str, files: list[FileDescriptorProto]) -> str:
    """The `__init__.py` of a package such as bursar.ledger.v1: its messages, enums and services."""
    names: list[str] = []
    imports: list[str] = []
    for file in files:
        found = sorted([*(m.name for m in file.message_type), *(e.name for e in file.enum_type)])
        imports += _import(f"{package}.{module(file)}", found)
        names += found
        services = sorted(name for s in file.service for name in (s.name, f"Async{s.name}"))
        imports += _import(f"{package}.{module(file).removesuffix('_pb2')}", services)
        names += services
    about = f'"""The messages, enums and services of `{package}`."""'
    listed = [f'    "{name}",' for name in sorted(names)]
    return "\n".join([HEADER.rstrip(), about, "", *imports, "", "__all__ = [", *listed, "]", ""])


def _import(source: str, names: list[str]) -> list[str]:
    if not names:
        return []
    return [f"from {source} import (", *(f"    {name}," for name in names), ")"]


def top_file(package: str) -> str:
    """The `__init__.py` of a domain, which says where its versions are."""
    domain = package.split(".")[1]
    return f'{HEADER}"""The domain `{domain}`: see `{package}`."""\n'


def groups_file(protos: Protos) -> str:
    """The groups of services: `client.ledger.transfers`; a domain with one service named after it has no group."""
    domains = {
        package: [s.name for file in files for s in file.service]
        for package, files in protos.packages().items()
        if any(file.service for file in files)
    }
    lines = [
        HEADER.rstrip(),
        '"""The services of a client, by domain."""',
        "",
        "from __future__ import annotations",
        "",
        "from bursar._async import AsyncCaller",
        "from bursar._sync import Caller",
        *(f"from {package} import {', '.join(_modules(protos, package))}" for package in domains),
        "",
    ]
    for prefix in ("", "Async"):
        for package, services in domains.items():
            lines += _group(protos, prefix, package, services)
        lines += ["", f"class {prefix}Groups:", '    """The services by domain."""', ""]
        lines.append(f"    def __init__(self, caller: {prefix}Caller) -> None:")
        for package, services in domains.items():
            domain = package.split(".")[1]
            kind = f"{prefix}{domain.capitalize()}"
            text = f"The group `{domain}`: {', '.join(services)}."
            if _is_single(domain, services):
                kind = f"{_owner(protos, package, services[0])}.{prefix}{services[0]}"
                text = f"{services[0]} of `{package}`."
            lines += [f"        self.{domain}: {kind} = {kind}(caller)", f'        """{text}"""']
        lines.append("")
    return "\n".join(lines)


def _group(protos: Protos, prefix: str, package: str, services: list[str]) -> Iterator[str]:
    domain = package.split(".")[1]
    if _is_single(domain, services):
        return
    yield from ("", f"class {prefix}{domain.capitalize()}:", f'    """The services of `{package}`."""', "")
    yield f"    def __init__(self, caller: {prefix}Caller) -> None:"
    for service in services:
        kind = f"{_owner(protos, package, service)}.{prefix}{service}"
        yield f"        self.{_attribute(service)}: {kind} = {kind}(caller)"
        yield f'        """{service} of `{package}`."""'
    yield ""


def _is_single(domain: str, services: list[str]) -> bool:
    return services == [f"{domain.capitalize()}Service"]


def _attribute(service: str) -> str:
    """`TransferService` as `transfers`."""
    word = snake(service.removesuffix("Service"))
    # There is one server, however many services tell of it.
    if word == "server":
        return word
    return f"{word[:-1]}ies" if re.search("[^aeiou]y$", word) else f"{word}s"


def _modules(protos: Protos, package: str) -> list[str]:
    names = (f for f in protos.packages()[package] if f.service)
    domain = package.split(".")[1]
    return [f"{_stem(file)} as {domain}_{_stem(file)}" for file in names]


def _owner(protos: Protos, package: str, service: str) -> str:
    domain = package.split(".")[1]
    return next(
        f"{domain}_{_stem(file)}" for file in protos.packages()[package] if any(s.name == service for s in file.service)
    )


def _stem(file: FileDescriptorProto) -> str:
    return module(file).removesuffix("_pb2")
