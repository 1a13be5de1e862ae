#!/usr/bin/env bash
# buf.sh lint | breaking [<git ref>]: checks the protos with buf.
#
# They import google/rpc, which is fetched and not committed, so buf works in a temporary workspace of
# two modules: ours with the rules of proto/buf.yaml, and the fetched one, which only resolves imports.
# `breaking` compares with the commit before this one unless a ref is given.
. "$(dirname "$0")/lib.sh"
cd "$root_dir"
[ -x "$BURSAR_TOOLS/bin/buf" ] && [ -d "$BURSAR_TOOLS/googleapis/google/rpc" ] \
    || skip "buf is not installed: make install-tools"
[ -n "$(find proto -name '*.proto' -print -quit)" ] || skip "there are no protos yet"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Makes the workspace around <folder>/proto. Only protos are copied: no build output, no links.
workspace() { # <folder>
    cp -RL "$BURSAR_TOOLS/googleapis" "$1/googleapis"
    sed 's|^  - path: \.$|  - path: proto\n  - path: googleapis|' "$root_dir/proto/buf.yaml" >"$1/buf.yaml"
}

mkdir "$work/new"
find proto -name '*.proto' -exec cp --parents {} "$work/new" \;
workspace "$work/new"

case "${1:-}" in
    lint)
        (cd "$work/new" && buf lint proto)
        ;;
    breaking)
        ref=${2:-HEAD~1}
        git rev-parse --quiet --verify "$ref^{commit}" >/dev/null || skip "there is no commit $ref to compare with"
        [ -n "$(git ls-tree -r --name-only "$ref" proto | grep '\.proto$' || true)" ] || skip "$ref has no protos"
        mkdir "$work/old"
        git archive "$ref" proto | tar -x -C "$work/old"
        rm -f "$work/old/proto/buf.yaml" # buf would take it for the workspace
        workspace "$work/old"
        (cd "$work/new" && buf breaking proto --against ../old/proto)
        ;;
    *) fail "usage: buf.sh lint | breaking [<git ref>]" ;;
esac
echo "buf $1: ok"
