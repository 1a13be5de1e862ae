#!/usr/bin/env bash
# workspace.sh <language>: regenerates a client's code with buf and the plugins that tests/setup/client-<language>.sh
# installs. The protos import google/rpc, which is fetched and not committed, so buf works in a temporary folder that
# holds both; clients/<language>/buf.gen.yaml names the plugins and, with paths from the root of the repository, the
# folders to write. Only our own protos are generated from.
. "$(dirname "$0")/../tests/setup/lib.sh"
cd "$root_dir"
language=${1:?usage: workspace.sh <language>}
[ -x "$BURSAR_TOOLS/bin/buf" ] && [ -d "$BURSAR_TOOLS/googleapis/google/rpc" ] \
    || skip "buf is not installed: make install-tools"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/proto"
(cd proto && find bursar -name '*.proto' -exec cp --parents {} "$work/proto" \;)
cp -RL "$BURSAR_TOOLS/googleapis" "$work/googleapis"
printf 'version: v2\nmodules:\n  - path: proto\n  - path: googleapis\n' >"$work/buf.yaml"
buf generate "$work" --template "clients/$language/buf.gen.yaml" --path "$work/proto/bursar" --output "$root_dir"
