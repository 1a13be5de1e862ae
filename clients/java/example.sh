#!/usr/bin/env bash
# Runs the example of README.md as it stands there, against the server of BURSAR_URL with BURSAR_API_KEY.
set -euo pipefail
folder=$(cd "$(dirname "$0")" && pwd)
"$folder/build.sh" --driver
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
awk '/^```java$/ { inside = !seen; seen = 1; next } /^```$/ { inside = 0 } inside' "$folder/README.md" >"$work/Example.java"
java -cp "$folder/target/classes:$(cat "$folder/target/classpath")" "$work/Example.java"
