#!/usr/bin/env bash
# with-server.sh <command>...: runs a command beside a Bursar of its own with a demo tenant. The command has BURSAR_URL,
# BURSAR_API_KEY and, as a file, BURSAR_SETUP (a set-up for browser.sh). BURSAR_BINARY names the program, STORE_BACKEND
# the backend (memory when not set), BURSAR_PORT the first of two ports.
. "$(dirname "$0")/../../tests/setup/lib.sh"
binary=${BURSAR_BINARY:-$root_dir/target/debug/bursar}
[ -x "$binary" ] || skip "there is no $binary: cargo build, or name it in BURSAR_BINARY"
port=${BURSAR_PORT:-51510}
work=$(mktemp -d)
server=
end() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap end EXIT
chmod 755 "$work"

export BURSAR_URL="http://127.0.0.1:$port"
STORE_BACKEND="${STORE_BACKEND:-memory}" BURSAR_DATA_DIR="$work/data" BURSAR_LISTEN="127.0.0.1:$port" \
    BURSAR_OPS_LISTEN="127.0.0.1:$((port + 1))" BURSAR_CORS_ORIGINS="http://127.0.0.1:51500" \
    "$binary" serve --demo >"$work/log" 2>&1 &
server=$!
for ((tries = 0; tries < 600; tries++)); do
    kill -0 "$server" 2>/dev/null || { tail -20 "$work/log" >&2; fail "the server has ended"; }
    [ ! -s "$work/data/demo.key" ] || ! grep -q "GetBalance\|ListTransfers" "$work/log" || break
    sleep 0.1
done
BURSAR_API_KEY=$(cat "$work/data/demo.key")
export BURSAR_API_KEY BURSAR_SETUP="$work/setup.json"
printf '{"urls": {"web": "%s"}, "keys": {"admin": "%s"}}\n' "$BURSAR_URL" "$BURSAR_API_KEY" >"$BURSAR_SETUP"
"$@"
