#!/usr/bin/env bash
# Generates google/rpc, which no published package has for protobuf-es, into src/gen/google. It is not committed and is
# part of the built package.
. "$(dirname "$0")/../../tests/setup/lib.sh"
cd "$root_dir"
protos="$BURSAR_TOOLS/googleapis"
if [ ! -x "$BURSAR_TOOLS/bin/buf" ] || [ ! -d "$protos/google/rpc" ]; then
    skip "buf is not installed: make install-tools"
fi
[ -x clients/typescript/node_modules/.bin/protoc-gen-es ] \
    || skip "protoc-gen-es is not installed: make install-tools"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/google/rpc"
cp "$protos"/google/rpc/{status,error_details}.proto "$work/google/rpc/"
buf generate "$work" --template clients/typescript/buf.gen.yaml --output .
