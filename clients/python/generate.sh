#!/usr/bin/env bash
# Regenerates the Python code that comes from the protos: the folders of src/bursar (one a domain) and
# src/bursar/_groups.py and _reasons.py. The other files of src/bursar are written by hand.
. "$(dirname "$0")/../../tests/setup/lib.sh"
cd "$root_dir"
[ -x "$BURSAR_TOOLS/bin/bursar-python" ] || skip "the Python plugins are not installed: make install-tools"
# A message or domain that is gone must not stay behind.
rm -rf clients/python/src/bursar/*/
clients/workspace.sh python
# protoc's own files stay as they come; ours get the shape that code written by hand has.
cd clients/python
find src/bursar/*/ src/bursar/_groups.py src/bursar/_reasons.py -name '*.py' ! -name '*_pb2.py' -print0 \
    | xargs -0 "$BURSAR_TOOLS/bin/bursar-python" -m ruff check --quiet --select I --fix
find src/bursar/*/ src/bursar/_groups.py src/bursar/_reasons.py -name '*.py' ! -name '*_pb2.py' -print0 \
    | xargs -0 "$BURSAR_TOOLS/bin/bursar-python" -m ruff format --quiet
