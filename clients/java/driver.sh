#!/usr/bin/env bash
# driver.sh <arguments…>: runs the scenarios' driver with them.
set -euo pipefail
folder=$(cd "$(dirname "$0")" && pwd)
"$folder/build.sh" --driver
exec java -XX:+UseSerialGC -cp "$folder/target/test-classes:$folder/target/classes:$(cat "$folder/target/classpath")" \
    dev.bursar.client.driver.Driver "$@"
