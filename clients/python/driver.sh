#!/usr/bin/env bash
# driver.sh <folder of scenarios> <setup.json> or --bench <setup.json>: tests/conformance/scenarios through
# the Python client for threads; with --asyncio before them through the one for asyncio.
. "$(dirname "$0")/../../tests/setup/lib.sh"
[ -x "$BURSAR_TOOLS/bin/bursar-python" ] || skip "the Python client's packages are not installed: make install-tools"
here="$root_dir/clients/python"
PYTHONPATH="$here/src:$here" PYTHONDONTWRITEBYTECODE=1 exec bursar-python -m driver "$@"
