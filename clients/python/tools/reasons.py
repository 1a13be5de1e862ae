"""Writes the enum of error reasons: those of the server's ErrorReason, and those of the client's own."""

from __future__ import annotations

from google.protobuf.descriptor_pb2 import FileDescriptorProto
from protos import HEADER, Protos, docstring

PREFIX = "ERROR_REASON_"
OWN = {
    "UNREACHABLE": "UNAVAILABLE. There is no connection to the server, or it ended before the answer.",
    "INVALID_DECIMAL": "INVALID_ARGUMENT. The value is no amount that Bursar can carry.",
    "INVALID_CONFIG": "INVALID_ARGUMENT. A URL, a file or a key cannot be used.",
    "UNKNOWN": "Any code. The server gave no reason, or one that this version does not know: see `reason_text`.",
}


def reasons_file(protos: Protos, file: FileDescriptorProto) -> str:
    """The module `bursar._reasons`."""
    number, enum = next((i, e) for i, e in enumerate(file.enum_type) if e.name == "ErrorReason")
    members = [
        (value.name.removeprefix(PREFIX), protos.comment(file, 5, number, 2, index))
        for index, value in enumerate(enum.value)
        if value.number != 0
    ]
    lines = [
        HEADER.rstrip(),
        '"""Why calls fail."""',
        "",
        "from enum import Enum",
        "",
        "",
        "class Reason(str, Enum):",
        '    """Why a call failed, for programs. Equal to its name as text."""',
        "",
    ]
    for name, text in [*members, *OWN.items()]:
        lines += [f'    {name} = "{name}"', docstring(text, "    ")]
    lines += ["", "    def __str__(self) -> str:", "        return self.value"]
    return "\n".join(lines) + "\n"
