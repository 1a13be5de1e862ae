"""A protoc plugin: the typed services of the client, in its synchronous and its asyncio form.

For each proto with services it writes `<name>.py` beside protoc's `<name>_pb2.py`; for each domain the `__init__.py`
that re-exports its messages; and `bursar/_groups.py` and `bursar/_reasons.py`. It runs under buf: see buf.gen.yaml.
"""

from __future__ import annotations

import sys

from domains import groups_file, package_file, top_file
from google.protobuf.compiler import plugin_pb2
from protos import Protos
from reasons import reasons_file
from services import service_file


def main() -> None:
    """Reads protoc's request from standard input and answers on standard output."""
    request = plugin_pb2.CodeGeneratorRequest.FromString(sys.stdin.buffer.read())
    protos = Protos(request)
    reply = plugin_pb2.CodeGeneratorResponse(
        supported_features=plugin_pb2.CodeGeneratorResponse.FEATURE_PROTO3_OPTIONAL
    )

    def write(name: str, content: str) -> None:
        reply.file.add(name=name, content=content)

    for file in protos.files:
        if file.service:
            write(file.name.replace(".proto", ".py"), service_file(protos, file))
        if any(enum.name == "ErrorReason" for enum in file.enum_type):
            write("bursar/_reasons.py", reasons_file(protos, file))
    for package, files in protos.packages().items():
        folder = package.replace(".", "/")
        write(f"{folder}/__init__.py", package_file(package, files))
        write(f"{folder.rpartition('/')[0]}/__init__.py", top_file(package))
    write("bursar/_groups.py", groups_file(protos))
    sys.stdout.buffer.write(reply.SerializeToString())


main()
