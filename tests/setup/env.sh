# shellcheck shell=sh
# Source this file: it says where Bursar's development tools are and puts them on the PATH.
# Go and Rust are added at their usual places too, so that a bare PATH finds them.
BURSAR_TOOLS="${BURSAR_TOOLS:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/bursar/tools}"
PATH="$BURSAR_TOOLS/bin:$PATH:${HOME:?}/.cargo/bin:/usr/local/go/bin"
export BURSAR_TOOLS PATH
