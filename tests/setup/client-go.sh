#!/usr/bin/env bash
# What the Go client is generated and checked with: the two protoc plugins. About 30 s on a cold cache.
. "$(dirname "$0")/lib.sh"
protoc_gen_go=v1.36.12
protoc_gen_go_grpc=v1.6.2
have go || skip "the Go client needs go"
# The language's own version is checked here, because go.mod would have go fetch another one.
go_minimum=1.26
version=$(go env GOVERSION)
printf '%s\n' "go$go_minimum" "$version" | sort --check=quiet --version-sort \
    || skip "the Go client needs Go $go_minimum or later, here is ${version#go}"

plugin() { # <package> <version>
    local stamp="$BURSAR_TOOLS/${1##*/}-$2"
    [ -x "$BURSAR_TOOLS/bin/${1##*/}" ] && [ -e "$stamp" ] && return
    GOBIN="$BURSAR_TOOLS/bin" timeout 600 go install "$1@$2"
    rm -f "$BURSAR_TOOLS/${1##*/}"-v*
    touch "$stamp"
}
plugin google.golang.org/protobuf/cmd/protoc-gen-go "$protoc_gen_go"
plugin google.golang.org/grpc/cmd/protoc-gen-go-grpc "$protoc_gen_go_grpc"
(cd "$root_dir/clients/go" && go mod download && cd driver && go mod download)
ready "protoc-gen-go $protoc_gen_go, protoc-gen-go-grpc $protoc_gen_go_grpc"
