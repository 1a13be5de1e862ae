#!/usr/bin/env bash
# psql.sh [<bursar program>]: opens psql on the database that Bursar uses, as its administrator.
set -euo pipefail
command -v psql >/dev/null || {
    echo "psql is not installed; on Debian: apt-get install postgresql-client" >&2
    exit 1
}
url=$("${1:-bursar}" db url --admin)
# Everybody on the machine can read a program's arguments, so the password goes by the environment.
if [[ $url =~ ^(postgres(ql)?://[^:/?@]*):([^@]*)@(.*)$ ]]; then
    url="${BASH_REMATCH[1]}@${BASH_REMATCH[4]}"
    password=${BASH_REMATCH[3]//\\/\\\\}
    printf -v PGPASSWORD '%b' "${password//%/\\x}"
    export PGPASSWORD
fi
exec psql "$url"
