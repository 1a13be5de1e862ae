#!/usr/bin/env bash
# Runs the README's example as it stands there, against the server of BURSAR_URL with BURSAR_API_KEY.
. "$(dirname "$0")/../../tests/setup/lib.sh"
cd "$root_dir/clients/python"
[ -x "$BURSAR_TOOLS/bin/bursar-python" ] || skip "the Python client's packages are not installed: make install-tools"
# The first block of Python; the second is the asyncio one, a program of its own.
for block in 1 2; do
    example=$(awk -v wanted="$block" '/^```python$/ { n++; on = 1; next } /^```$/ { on = 0 } on && n == wanted' README.md)
    PYTHONPATH=src PYTHONDONTWRITEBYTECODE=1 bursar-python -c "$example"
done
