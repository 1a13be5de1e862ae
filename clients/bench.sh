#!/usr/bin/env bash
# bench.sh <bursar> [<language>…]: what each client costs above its raw stub: 10,000 calls of CreateTransfer each, 64 at once,
# in turns, against that server on an embedded PostgreSQL of its own. Prints a line of JSON for each language.
set -euo pipefail
[ $# -gt 0 ] || { echo "usage: bench.sh <bursar> [<language>…], such as: clients/bench.sh target/release/bursar go java" >&2; exit 2; }
server=$(realpath "$1")
cd "$(dirname "$0")"
shift
languages=("$@")
[ $# -gt 0 ] || languages=(rust python typescript go java)
home=$(mktemp -d /var/tmp/bursar-bench-clients.XXXXXX)
chmod 711 "$home"
finish() {
    [ -z "${pid:-}" ] || { kill "$pid" 2>/dev/null && wait "$pid" || true; }
    rm -rf "$home"
}
trap finish EXIT
unset DATABASE_URL BURSAR_CONFIG
export STORE_BACKEND=embedded BURSAR_DATA_DIR="$home/data" BURSAR_LISTEN=127.0.0.1:50061 RUST_LOG=warn
"$server" serve --demo >"$home/said" 2>&1 &
pid=$!
for _ in $(seq 600); do
    ! grep -q 'The demo tenant is ready' "$home/said" || break
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
done
[ -s "$home/data/demo.key" ] || { echo "the server did not start within a minute:" >&2; cat "$home/said" >&2; exit 1; }
key=$(cat "$home/data/demo.key")
cat >"$home/setup.json" <<JSON
{"urls": {"plain": "http://$BURSAR_LISTEN"}, "keys": {"admin": "$key", "operator": "$key"}, "tenant": "",
 "ca_file": "", "client_cert_file": "", "client_key_file": ""}
JSON
for language in "${languages[@]}"; do
    "$language/driver.sh" --bench "$home/setup.json" || echo "$language: not measured" >&2
done
