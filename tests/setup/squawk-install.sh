#!/usr/bin/env bash
# squawk, which reads the migrations for statements that lock tables for long or break a running server.
. "$(dirname "$0")/lib.sh"
version=2.66.0
[ "$("$BURSAR_TOOLS/bin/squawk" --version 2>/dev/null || true)" = "squawk $version" ] && ready "squawk $version"
npm_tool squawk-cli "$version" squawk
[ "$("$BURSAR_TOOLS/bin/squawk" --version)" = "squawk $version" ] || fail "squawk does not run on this machine"
ready "squawk $version"
