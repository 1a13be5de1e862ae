#!/usr/bin/env bash
# What the TypeScript client is generated, built and tested with: the packages of its package-lock.json, each with its
# checksum there, in clients/typescript/node_modules.
. "$(dirname "$0")/lib.sh"
have npm || skip "the TypeScript client needs Node and npm"
major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
[ "$major" -ge 20 ] || skip "the TypeScript client needs Node 20 or newer; this is $(node --version)"
cd "$root_dir/clients/typescript"
if ! cmp -s package-lock.json node_modules/.bursar-lock; then
    # See npm_tool in lib.sh for the authorities and the time limit.
    system_cas=/etc/ssl/certs/ca-certificates.crt
    [ ! -e "$system_cas" ] || export NODE_EXTRA_CA_CERTS="${NODE_EXTRA_CA_CERTS:-$system_cas}"
    timeout 300 npm ci --silent --ignore-scripts </dev/null
    cp package-lock.json node_modules/.bursar-lock
fi
node_modules/.bin/protoc-gen-es --version >/dev/null || fail "protoc-gen-es does not run on this machine"
ready "TypeScript $(node_modules/.bin/tsc --version | sed 's/Version //'), $(node_modules/.bin/protoc-gen-es --version | head -1)"
