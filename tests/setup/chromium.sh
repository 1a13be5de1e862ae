#!/usr/bin/env bash
# Chromium, which the browser client is tested in.
. "$(dirname "$0")/lib.sh"
have chromium || debian chromium
# The version is the first thing that fails on a machine that lacks one of its libraries.
version=$(chromium --version 2>/dev/null) || fail "chromium does not run on this machine"
ready "${version%% built*}"
