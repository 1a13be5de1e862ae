#!/usr/bin/env bash
# Runs the README's program against the server that BURSAR_URL and BURSAR_API_KEY name.
. "$(dirname "$0")/../../tests/setup/lib.sh"
have cargo || skip "cargo is not installed"
cd "$root_dir"
# With the features of the whole workspace's tests, as driver.sh.
cargo test --quiet --locked --no-run --workspace --test usage >&2
exec "${CARGO_TARGET_DIR:-target}/debug/bursar-client-pay"
