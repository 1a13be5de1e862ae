#!/usr/bin/env bash
# The TypeScript client's own tests, for which no server is needed: types, unit tests, the README's example by its types,
# the documentation, and the package as npm would publish it.
. "$(dirname "$0")/../../tests/setup/lib.sh"
cd "$root_dir/clients/typescript"
./build.sh tools
node --test --test-reporter=dot .build/test/
./example.sh check
node_modules/.bin/typedoc --emit none

# The package has what it needs and nothing else, and works where it is installed.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm pack --silent --ignore-scripts --pack-destination "$work" >/dev/null
tar -xzf "$work"/*.tgz -C "$work"
files=$(cd "$work/package" && find . -type f)
strange=$(grep -Ev '^\./(dist/.*\.(js|d\.ts)|LICENSE|README\.md|package\.json)$' <<<"$files" || true)
[ -z "$strange" ] || fail "the package has files that do not belong into it: $strange"
mkdir -p "$work/node_modules/@bursar"
mv "$work/package" "$work/node_modules/@bursar/client"
for dependency in @bufbuild @connectrpc bignumber.js; do
    ln -s "$PWD/node_modules/$dependency" "$work/node_modules/$dependency"
done
# shellcheck disable=SC2016 # it is JavaScript
(cd "$work" && node --input-type=module --eval '
    for (const entry of ["", "/node", "/web"]) {
        const { toMoney, connect } = await import(`@bursar/client${entry}`);
        const bursar = connect?.({ url: "http://127.0.0.1:1" });
        if (toMoney("EUR", "1.50").amount !== "1.5" || (entry && !bursar?.ledger.transfers.createTransfer)) {
            throw new Error(`@bursar/client${entry} does not work as installed`);
        }
    }')
echo "typescript: package, types, unit tests and documentation are right"
