#!/usr/bin/env bash
# secrets.sh <folder>: looks for the secrets that the tests planted (*.secrets) in all that was logged and printed
# (*.log). tests/run.sh makes the folder, tests/testkit/src/log.rs fills it.
set -euo pipefail
cd "$1"
sort -u ./*.secrets | awk 'length >= 8' >planted
logs=(./*.log)

# A search that finds nothing must be able to find something.
head -n 1 planted >canary
[ "$(grep --count --fixed-strings --file planted canary)" = 1 ] || { echo "no secret was planted: the search means nothing" >&2; exit 1; }
lines=$(cat "${logs[@]}" | wc -l)
[ "$lines" -ge "${BURSAR_TEST_LOG_LINES:-1000}" ] || { echo "only $lines lines were logged: the search means nothing" >&2; exit 1; }

if grep --with-filename --line-number --fixed-strings --file planted "${logs[@]}" >found; then
    echo "secrets in the log, without the secrets themselves:" >&2
    cut -d: -f1,2 found | head -n 20 >&2
    exit 1
fi
echo "$(wc -l <planted) planted secrets, none in $lines lines of log"
