#!/usr/bin/env bash
# build.sh [tools]: builds the package into dist when something has changed since, and with `tools` the driver, the unit
# tests and the browser's page into .build too.
. "$(dirname "$0")/../../tests/setup/lib.sh"
cd "$root_dir/clients/typescript"
[ -x node_modules/.bin/tsc ] || skip "TypeScript is not installed: make install-tools"
[ -e src/gen/google/rpc/status_pb.ts ] || ./google-rpc.sh

# Whether nothing of the sources is newer than the mark that the last build has left.
fresh() { # <mark> <source>...
    local mark=$1
    shift
    [ -e "$mark" ] && [ -z "$(find "$@" -newer "$mark" -print -quit)" ]
}

mkdir -p .build
# Several may want it at once.
if have flock; then
    exec 8>.build/lock
    flock 8
fi
if ! [ -d dist ] || ! fresh .build/package src tsconfig.json package.json; then
    rm -rf dist
    node_modules/.bin/tsc -p .
    touch .build/package
fi
if [ "${1:-}" = tools ] && ! fresh .build/tools .build/package driver test browser tsconfig.tools.json; then
    node_modules/.bin/tsc -p tsconfig.tools.json
    node_modules/.bin/esbuild .build/browser/page.js --bundle --format=esm --target=es2022 --log-level=warning \
        --outfile=.build/page/page.js
    touch .build/tools
fi
