#!/usr/bin/env bash
# cargo-deny, for CI. It compiles for minutes, so `make test` and install.sh leave it out. What was
# compiled is kept: a run that the time limit ends is continued by the next one.
. "$(dirname "$0")/lib.sh"
version=0.20.2
[ "$(cargo-deny --version 2>/dev/null || true)" = "cargo-deny $version" ] && ready "cargo-deny $version"
CARGO_TARGET_DIR="$BURSAR_TOOLS/build/cargo-deny" timeout "${BURSAR_DENY_SECONDS:-720}" \
    cargo install --quiet --locked --root "$BURSAR_TOOLS" --version "$version" cargo-deny \
    || skip "cargo-deny $version was not built within ${BURSAR_DENY_SECONDS:-720} s; the next run goes on from there"
rm -rf "$BURSAR_TOOLS/build/cargo-deny"
ready "cargo-deny $version"
