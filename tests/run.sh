#!/usr/bin/env bash
# All tests: the workspace on the embedded PostgreSQL, then the suites that speak gRPC once more on an
# installed PostgreSQL 15. The last line counts both: "N passed, N failed[, N skipped]".
. "$(dirname "$0")/setup/lib.sh"
cd "$root_dir"

# The tests make their own databases. What the caller has configured is not theirs to touch.
unset STORE_BACKEND DATABASE_URL PG_URL DB_DSN PGHOST PGPORT PGUSER PGPASSWORD PGDATABASE PGSERVICE
for name in $(compgen -e | grep '^BURSAR_' || true); do
    [ "$name" = BURSAR_TOOLS ] || unset "$name"
done

# All that is logged, at every level, is searched for secrets in the end.
BURSAR_TEST_LOG=$(mktemp -d)
export BURSAR_TEST_LOG
passed=0 failed=0 skipped=0 status=0
log=$(mktemp)
trap 'rm -rf "$log" "$BURSAR_TEST_LOG"' EXIT

# Runs one phase, shows its output and adds up cargo's "test result:" lines.
phase() { # <title> <command...>
    local title=$1 began=$SECONDS code=0 p f i
    shift
    echo "== $title"
    "$@" 2>&1 | tee "$log" || code=$?
    cp "$log" "$BURSAR_TEST_LOG/phase-$began.log"
    read -r p f i < <(sed 's/\x1b\[[0-9;]*m//g' "$log" | awk '
        /test result: / { for (k = 2; k <= NF; k++) { if ($k ~ /^passed;/) p += $(k-1)
            if ($k ~ /^failed;/) f += $(k-1); if ($k ~ /^ignored;/) i += $(k-1) } }
        END { print p + 0, f + 0, i + 0 }')
    if [ "$code" != 0 ]; then
        status=1
        # It did not compile, or a test ended the whole process: that is a failure without a count.
        [ "$f" -gt 0 ] || f=1
    elif [ "$p" = 0 ]; then
        echo "no test ran" && status=1 f=1
    fi
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + i))
    echo "== $title: $p passed, $f failed, $i skipped in $((SECONDS - began)) s"
}

phase "workspace, embedded PostgreSQL" cargo test --workspace --locked --no-fail-fast
if pg=$(find_postgres); then
    # One language says what there is to say of the database; the other clients ran above.
    # With the workspace's features, not two packages': those would have many more dependencies compiled once more.
    phase "gRPC suites, $("$pg/postgres" --version)" env BURSAR_PG_BIN="$pg" BURSAR_CLIENTS=rust \
        cargo test --workspace --test clients --test suite --test faults --locked --no-fail-fast
else
    echo "skipped: the second run needs an installed PostgreSQL 15 or later"
    skipped=$((skipped + 1))
fi

echo "== secrets in the log"
if tests/secrets.sh "$BURSAR_TEST_LOG"; then
    passed=$((passed + 1))
else
    failed=$((failed + 1))
fi

[ "$failed" = 0 ] || status=1
echo "$passed passed, $failed failed$([ "$skipped" = 0 ] || echo ", $skipped skipped")"
exit "$status"
