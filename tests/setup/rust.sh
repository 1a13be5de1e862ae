#!/usr/bin/env bash
# Rust and a C compiler are the only things that Bursar cannot do without.
. "$(dirname "$0")/lib.sh"
have cargo || fail "cargo is not installed: install Rust with rustup"
cd "$root_dir" # rustup reads rust-toolchain.toml from here
cargo --version >/dev/null || fail "the toolchain that rust-toolchain.toml names is not installed"
have cc || fail "no C compiler (cc); on Debian: apt-get install build-essential"
ready "$(cargo --version)"
