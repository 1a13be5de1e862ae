#!/usr/bin/env bash
# browser-test.sh [<screenshot.png>]: the web client in headless Chromium, against a server of its own; see with-server.sh.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck disable=SC2016 # the set-up's name is known inside
exec "$here/with-server.sh" bash -c '"$0" "$BURSAR_SETUP" "$@"' "$here/browser.sh" "$@"
