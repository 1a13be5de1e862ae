#!/usr/bin/env bash
# example.sh [build]: takes the example out of the README as it stands, into a module of its own that uses the packed client,
# and runs it against BURSAR_URL with BURSAR_API_KEY; with `build` it is only built.
. "$(dirname "$0")/../../tests/setup/lib.sh"
have go || skip "the Go example needs go"
cd "$root_dir/clients/go"
# Without -trimpath all of the client would be built anew each time, because its folder has another name.
export GOFLAGS="-mod=readonly -buildvcs=false -trimpath"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

version=$(sed -n 's/^const Version = "\(.*\)"$/\1/p' client.go)
(cd driver && go run ./pack .. "v$version" "$work/client")
for wanted in go.mod LICENSE README.md client.go generated/bursar/ledger/v1/transfer_service.pb.go; do
    [ -e "$work/client/$wanted" ] || fail "the packed module has no $wanted"
done
[ ! -e "$work/client/driver" ] || fail "the packed module has the driver, which is a module of its own"

mkdir "$work/example"
awk '/^```go$/ { inside = 1; next } /^```$/ { inside = 0 } inside' README.md >"$work/example/main.go"
module=$(go list -m)
sed -e "s|^module .*|module example|" -e "\$a require $module v$version\nreplace $module => ../client" go.mod \
    >"$work/example/go.mod"
cp go.sum "$work/example/go.sum"
cd "$work/example"
go vet .
go build -o example .
[ "${1:-}" = build ] || ./example
