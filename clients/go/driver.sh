#!/usr/bin/env bash
# Builds the driver of the scenarios and runs it with the arguments. Standard output is the driver's alone.
. "$(dirname "$0")/../../tests/setup/lib.sh"
have go || fail "the Go driver needs go"
export GOFLAGS="-mod=readonly -buildvcs=false"
# One folder a checkout, and a name of its own until it is whole: several may build at once.
bin="$BURSAR_TOOLS/client-go-$(printf '%s' "$root_dir" | sha256sum | cut -c1-12)"
mkdir -p "$bin"
(cd "$root_dir/clients/go/driver" && go build -o "$bin/driver.$$" . && mv "$bin/driver.$$" "$bin/driver") >&2
exec "$bin/driver" "$@"
