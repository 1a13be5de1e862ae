#!/usr/bin/env bash
# Regenerates src/main/generated from the protos. Ends with 3 when the tools are not installed.
. "$(dirname "$0")/../../tests/setup/lib.sh"
for tool in bin/protoc-for-java bin/protoc-gen-grpc-java protobuf-java.jar; do
    [ -e "$BURSAR_TOOLS/$tool" ] || skip "$tool is not installed: tests/setup/client-java.sh"
done
# A message that is no longer in the protos must not stay behind.
rm -rf "$root_dir/clients/java/src/main/generated"
"$root_dir/clients/workspace.sh" java
