#!/usr/bin/env bash
# grpcurl, with which the README's calls are made. About 3 minutes on a cold cache.
. "$(dirname "$0")/lib.sh"
version=v1.9.3
bin="$BURSAR_TOOLS/bin/grpcurl"
stamp="$BURSAR_TOOLS/grpcurl-$version" # the program built by `go install` does not know its own version
[ -x "$bin" ] && [ -e "$stamp" ] && ready "grpcurl $version"
have go || skip "grpcurl needs go"
GOBIN="$BURSAR_TOOLS/bin" timeout 900 go install "github.com/fullstorydev/grpcurl/cmd/grpcurl@$version"
touch "$stamp"
ready "grpcurl $version"
