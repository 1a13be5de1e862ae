#!/usr/bin/env bash
# driver.sh <folder of scenarios> <setup.json> | --bench <setup.json>: builds the driver if necessary and runs it.
. "$(dirname "$0")/../../tests/setup/lib.sh"
have cargo || skip "cargo is not installed"
args=()
for arg in "$@"; do
    # The build needs the root of the repository, and paths may be relative.
    [ ! -e "$arg" ] || arg=$(realpath "$arg")
    args+=("$arg")
done
cd "$root_dir"
target=${CARGO_TARGET_DIR:-target}
if [ "${1:-}" = --bench ]; then
    # Measured is what users run.
    cargo build --quiet --locked --release -p bursar-client-driver >&2
    exec "$target/release/bursar-client-driver" "${args[@]}"
fi
# With the features of the whole workspace's tests, or all dependencies would be built a second time.
cargo test --quiet --locked --no-run --workspace --test usage >&2
exec "$target/debug/bursar-client-driver" "${args[@]}"
