#!/usr/bin/env bash
# driver.sh <folder of scenarios> <setup.json> | --bench <setup.json>: the driver of the scenarios (tests/conformance/scenarios).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
"$here/build.sh" tools >&2
exec node "$here/.build/driver/main.js" "$@"
