#!/usr/bin/env bash
# ghz, a load generator for gRPC, with which a test makes the README's load. About 2 minutes on a cold cache.
. "$(dirname "$0")/lib.sh"
version=v0.93.0
bin="$BURSAR_TOOLS/bin/ghz"
stamp="$BURSAR_TOOLS/ghz-$version" # the program built by `go install` does not know its own version
[ -x "$bin" ] && [ -e "$stamp" ] && ready "ghz $version"
have go || skip "ghz needs go"
GOBIN="$BURSAR_TOOLS/bin" timeout 900 go install "github.com/bojand/ghz/cmd/ghz@$version"
touch "$stamp"
ready "ghz $version"
