#!/usr/bin/env bash
# The README's example against a server of its own; see with-server.sh.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
exec "$here/with-server.sh" "$here/example.sh"
