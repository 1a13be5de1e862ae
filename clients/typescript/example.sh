#!/usr/bin/env bash
# example.sh [check]: runs the README's complete example as it stands there, against BURSAR_URL with BURSAR_API_KEY; with
# `check` only its types are looked at.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
"$here/build.sh"
cd "$here"
mkdir -p .build/example
# shellcheck disable=SC2016 # a fence is no substitution
sed -n '/^## A complete example/,/^## /p' README.md | sed -n '/^```ts$/,/^```$/p' | sed '1d;$d' >.build/example/example.mts
cp .build/example/example.mts .build/example/example.mjs
if [ "${1:-}" = check ]; then
    exec node_modules/.bin/tsc --noEmit --ignoreConfig --strict --target es2023 --module nodenext --types node \
        .build/example/example.mts
fi
exec node .build/example/example.mjs
