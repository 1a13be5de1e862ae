#!/usr/bin/env bash
# Writes clients/go/generated anew from the protos, with the plugins that tests/setup/client-go.sh installs.
. "$(dirname "$0")/../../tests/setup/lib.sh"
for plugin in protoc-gen-go protoc-gen-go-grpc; do
    [ -x "$BURSAR_TOOLS/bin/$plugin" ] || skip "$plugin is not installed: tests/setup/client-go.sh"
done
"$root_dir/clients/workspace.sh" go
