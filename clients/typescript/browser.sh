#!/usr/bin/env bash
# browser.sh <setup.json> [<screenshot.png>]: opens a page in headless Chromium that uses the web client against the
# server `urls.web` with the key `keys.admin`, and prints a line for each check. The page stands on `urls.page`,
# http://127.0.0.1:51500 when absent, which the server must have in BURSAR_CORS_ORIGINS.
. "$(dirname "$0")/../../tests/setup/lib.sh"
CHROMIUM=${CHROMIUM:-$(command -v chromium || true)}
[ -n "$CHROMIUM" ] || skip "chromium is not installed: make install-tools"
export CHROMIUM
here="$root_dir/clients/typescript"
"$here/build.sh" tools
exec node "$here/.build/browser/main.js" "$@"
