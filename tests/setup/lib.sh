# shellcheck shell=bash
# What the set-up scripts share. Each of them ends with one of three results, by its exit code:
# 0 ready, 3 skipped (something it needs is not on this machine), anything else failed.
set -euo pipefail
setup_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC2034 # for the scripts that source this
root_dir=$(cd "$setup_dir/../.." && pwd)
# shellcheck source=tests/setup/env.sh
. "$setup_dir/env.sh"
mkdir -p "$BURSAR_TOOLS/bin"

ready() { echo "ready: $*"; exit 0; }
skip() { echo "skipped: $*"; exit 3; }
fail() { echo "failed: $*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# Installs one pinned PyPI package, without its dependencies, into a folder of its own.
# The folder appears only when it is complete, so an interrupted run is simply repeated.
pypi() { # <package> <version> <folder>
    python3 -m pip --version >/dev/null 2>&1 || skip "$1 needs python3 with pip"
    rm -rf "$3.part"
    python3 -m pip install --quiet --no-deps --disable-pip-version-check --root-user-action=ignore \
        --target "$3.part" "$1==$2"
    rm -rf "$3" && mv "$3.part" "$3"
}

# Installs one pinned npm package into a folder of its own (npm would take out what others have put there)
# and links its program.
npm_tool() { # <package> <version> <program>
    have npm || skip "$3 needs npm"
    # Node trusts only its own list of authorities unless told of the machine's. Without the time
    # limit npm tries for many minutes when the network refuses it.
    local system_cas=/etc/ssl/certs/ca-certificates.crt folder="npm-$3"
    [ ! -e "$system_cas" ] || export NODE_EXTRA_CA_CERTS="${NODE_EXTRA_CA_CERTS:-$system_cas}"
    timeout 180 npm install --silent --no-save --ignore-scripts --prefix "$BURSAR_TOOLS/$folder" "$1@$2" </dev/null
    ln -sf "../$folder/node_modules/.bin/$3" "$BURSAR_TOOLS/bin/$3"
}

# Debian packages go system-wide, so only root on a Debian-like machine may have them.
# --no-upgrade: replacing the files of a running PostgreSQL would break it.
debian() { # <package>
    if [ "$(id -u)" != 0 ] || ! have apt-get; then
        skip "$1 is not installed; as root on Debian: apt-get install $1"
    fi
    export DEBIAN_FRONTEND=noninteractive
    local install=(apt-get -qq -o DPkg::Lock::Timeout=120 install -y --no-upgrade --no-install-recommends)
    # The package lists may be missing or too old to be fetched from: then once more with new ones.
    "${install[@]}" "$1" </dev/null >/dev/null 2>&1 \
        || { apt-get -qq update && "${install[@]}" "$1" </dev/null >/dev/null; } \
        || fail "apt-get could not install $1"
}

# Prints the program folder of an installed PostgreSQL server from 15 on; the oldest, because the
# embedded one is already the newest.
find_postgres() {
    local dir
    for dir in /usr/lib/postgresql/{15,16,17,18}/bin "$(pg_config --bindir 2>/dev/null || true)"; do
        [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ] || continue
        [ "$("$dir/postgres" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')" -ge 15 ] || continue
        echo "$dir"
        return 0
    done
    return 1
}
