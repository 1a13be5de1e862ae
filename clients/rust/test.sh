#!/usr/bin/env bash
# Unit tests and documentation of the Rust client, and the package as the registry would get it.
. "$(dirname "$0")/../../tests/setup/lib.sh"
have cargo || skip "cargo is not installed"
cd "$root_dir"
cargo test --quiet --locked -p bursar-client --all-features
cargo clippy --quiet --locked -p bursar-client -p bursar-client-driver --all-targets --all-features -- -D warnings
RUSTDOCFLAGS="-D warnings" cargo doc --quiet --locked --no-deps -p bursar-client --all-features
# What is packed is what is there, committed or not; nothing is published.
cargo package --quiet --locked --offline --allow-dirty -p bursar-proto -p bursar-client
ready "bursar-client $(ls -1 "${CARGO_TARGET_DIR:-target}"/package/bursar-client-*.crate)"
