#!/usr/bin/env bash
# A plugin of protoc: the request comes on standard input, the reply goes to standard output.
. "$(dirname "$0")/../../../tests/setup/lib.sh"
exec java -cp "$BURSAR_TOOLS/protobuf-java.jar" "$root_dir/clients/java/generator/ServiceClients.java"
