#!/usr/bin/env bash
# buf, and the google/rpc and google/type protos that ours import. Neither is committed.
. "$(dirname "$0")/lib.sh"
buf_version=1.75.0
protos_version=1.76.0
if [ "$("$BURSAR_TOOLS/bin/buf" --version 2>/dev/null || true)" != "$buf_version" ]; then
    npm_tool @bufbuild/buf "$buf_version" buf
fi
# Only google/rpc and google/type: all of googleapis would be compiled at every lint.
protos="$BURSAR_TOOLS/googleapis-$protos_version"
if [ ! -e "$protos/google/rpc/status.proto" ]; then
    wheel="$BURSAR_TOOLS/googleapis-wheel"
    pypi googleapis-common-protos "$protos_version" "$wheel"
    mkdir -p "$protos/google"
    (cd "$wheel/google" && find rpc type -name '*.proto' -exec cp --parents {} "$protos/google/" \;)
    rm -rf "$wheel"
fi
ln -sfn "googleapis-$protos_version" "$BURSAR_TOOLS/googleapis"
ready "buf $buf_version, googleapis-common-protos $protos_version"
