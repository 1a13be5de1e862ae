#!/usr/bin/env bash
# An installed PostgreSQL 15 server: tests/run.sh runs the gRPC tests a second time on it.
. "$(dirname "$0")/lib.sh"
if ! find_postgres >/dev/null; then
    # Debian would make and start a cluster at once; Bursar's tests make their own.
    debian postgresql-common
    conf=/etc/postgresql-common/createcluster.conf
    grep -qs '^create_main_cluster *= *false' "$conf" || echo 'create_main_cluster = false' >>"$conf"
    for major in 15 16 17 18; do
        apt-cache show "postgresql-$major" >/dev/null 2>&1 || continue
        debian "postgresql-$major"
        break
    done
fi
dir=$(find_postgres) || fail "no PostgreSQL of 15 or later could be installed"
ready "$("$dir/postgres" --version) in $dir"
