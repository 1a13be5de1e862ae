#!/usr/bin/env bash
# Makes the secret files of deploy/compose.yaml in deploy/secrets. Keeps those that are there: a new
# pepper would make every API key invalid, a new password would not fit the database.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# The folder is closed to others. The files in it are readable, because compose mounts each one alone
# and the user inside the container is not the one who made it.
mkdir -p secrets
chmod 700 secrets

random() { od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n'; }
secret() { # <file> <value>
    [ -s "secrets/$1" ] && return
    printf '%s' "$2" >"secrets/$1.new"
    chmod 444 "secrets/$1.new"
    mv "secrets/$1.new" "secrets/$1"
    echo "made secrets/$1"
}

secret pepper "$(random)"
secret postgres_password "$(random)"
secret app_password "$(random)"
secret owner_url "postgresql://postgres:$(<secrets/postgres_password)@postgres:5432/bursar"
secret database_url "postgresql://bursar_app:$(<secrets/app_password)@postgres:5432/bursar"
