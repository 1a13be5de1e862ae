#!/usr/bin/env bash
# driver-asyncio.sh <folder of scenarios> <setup.json>: the scenarios through the Python client for asyncio.
set -euo pipefail
exec "$(dirname "$0")/driver.sh" --asyncio "$@"
