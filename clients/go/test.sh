#!/usr/bin/env bash
# Checks the Go client without a server: format, vet, unit tests, the modules, and the README's example built in a module of
# its own against the module as it would be published.
. "$(dirname "$0")/../../tests/setup/lib.sh"
have go || skip "the Go client needs go"
cd "$root_dir/clients/go"
export GOFLAGS="-mod=readonly -buildvcs=false"
unformatted=$(gofmt -l .)
[ -z "$unformatted" ] || fail "not formatted: $unformatted; run gofmt -w"
for module in . driver; do
    (cd "$module" && go mod tidy -diff && go mod verify >/dev/null && go vet ./...)
done
go test ./...
(cd driver && go test ./...)
./example.sh build
echo "Go client: ok"
