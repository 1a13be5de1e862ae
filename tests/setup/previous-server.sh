#!/usr/bin/env bash
# previous-server.sh: the server of the last version tag still runs on the schema of this commit, beside
# this commit's server, as it does while one is rolled out after the other. Skipped until there is a tag.
. "$(dirname "$0")/lib.sh"
cd "$root_dir"
# A tag on this commit is this version, not the one before it.
tag=$(git describe --tags --abbrev=0 --match 'v*' HEAD^ 2>/dev/null || true)
[ -n "$tag" ] || skip "there is no earlier version to run: no tag v* before this commit"

# What the caller has configured is not for these servers.
unset STORE_BACKEND DATABASE_URL PG_URL DB_DSN PGHOST PGPORT PGUSER PGPASSWORD PGDATABASE PGSERVICE
for name in $(compgen -e | grep '^BURSAR_' || true); do
    [ "$name" = BURSAR_TOOLS ] || unset "$name"
done

work=$(mktemp -d)
chmod 755 "$work" # PostgreSQL runs as another user than root
target=${CARGO_TARGET_DIR:-$root_dir/target}
# Always the same path, so that the next run compiles little; a target folder of its own, because cargo takes two
# checkouts of one workspace for the same packages and calls the one fresh that it built from the other.
source="$target/previous-server" previous_target="$target/previous"
pids=()
cleanup() {
    [ ${#pids[@]} = 0 ] || kill "${pids[@]}" 2>/dev/null || true
    [ ${#pids[@]} = 0 ] || wait "${pids[@]}" 2>/dev/null || true
    git worktree remove --force "$source" 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT
logs() { tail -n 30 "$work"/*.log >&2 || true; }

git worktree prune
[ ! -e "$source" ] || git worktree remove --force "$source"
git worktree add --quiet --force --detach "$source" "$tag"
(cd "$source" && CARGO_TARGET_DIR="$previous_target" cargo build --quiet --locked --bin bursar)
cp "$previous_target/debug/bursar" "$work/old"
CARGO_TARGET_DIR="$target" cargo build --quiet --locked --bin bursar
cp "$target/debug/bursar" "$work/new"

free_port() {
    local port
    while port=$((20000 + RANDOM % 20000)); (: >"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
    echo "$port"
}

# Starts a server and waits until it is ready.
serve() { # <old|new> <port> <variables...>
    local name=$1 listen=127.0.0.1:$2 ops pid
    ops=127.0.0.1:$(free_port)
    shift 2
    env BURSAR_LISTEN="$listen" BURSAR_OPS_LISTEN="$ops" "$@" "$work/$name" serve >>"$work/$name.log" 2>&1 &
    pid=$!
    pids=("$pid" "${pids[@]}")
    for _ in {1..120}; do
        BURSAR_OPS_LISTEN="$ops" "$work/$name" health >/dev/null 2>&1 && return 0
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.5
    done
    logs
    fail "the $name server is not ready on the new schema"
}

# A server of this commit migrates an embedded PostgreSQL and keeps it running; nothing else is asked of it.
data="$work/data"
serve new "$(free_port)" STORE_BACKEND=embedded BURSAR_DATA_DIR="$data"
password=$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')
BURSAR_DATA_DIR="$data" "$work/new" db url --admin >"$work/owner_url"
env BURSAR_OWNER_URL_FILE="$work/owner_url" BURSAR_APP_PASSWORD="$password" BURSAR_PEPPER_FILE="$data/pepper" \
    "$work/new" bootstrap --key-file "$data/platform.key" >/dev/null
echo "postgres://bursar_app:$password@127.0.0.1:$(cat "$data/port")/bursar" >"$work/url"

old_port=$(free_port) new_port=$(free_port)
external=(STORE_BACKEND=postgres DATABASE_URL_FILE="$work/url" BURSAR_PEPPER_FILE="$data/pepper")
serve old "$old_port" "${external[@]}"
serve new "$new_port" "${external[@]}"

# Calls through both, each by its own program: what one writes the other reads.
call() { # <old|new> <port> <key> <arguments...>
    local name=$1 url=http://127.0.0.1:$2 key=$3
    shift 3
    BURSAR_URL="$url" BURSAR_API_KEY="$key" "$work/$name" "$@" || {
        logs
        fail "the $name server refused: bursar $*"
    }
}
field() { sed -n "s/^ *\"$1\": \"\([^\"]*\)\".*/\1/p" | head -n 1; }
platform=$(cat "$data/platform.key")
made=$(call old "$old_port" "$platform" tenant create "Made by $tag" --output json)
admin=$(field key <<<"$made")
call new "$new_port" "$admin" key list >/dev/null
call new "$new_port" "$admin" key create --role viewer --label "made by this commit" >/dev/null
call old "$old_port" "$admin" key list --output json | grep -q 'made by this commit' \
    || fail "the old server does not show the key that the new one made"
# With the platform's key it moves money in a tenant of its own. The first versions had no such check.
for side in "old $old_port" "new $new_port"; do
    read -r name port <<<"$side"
    ! "$work/$name" smoke --help >/dev/null 2>&1 || call "$name" "$port" "$platform" smoke >/dev/null
done
echo "previous server: ok, $tag runs on the schema of this commit"
