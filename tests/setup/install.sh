#!/usr/bin/env bash
# Installs what the tests use, each thing in its pinned version, into $BURSAR_TOOLS. Safe to repeat.
# Only Rust is required: without one of the others some checks are left out, and the summary says so.
. "$(dirname "$0")/lib.sh"
cd "$setup_dir"

# Two runs at once would write the same files.
if have flock; then
    exec 9>"$BURSAR_TOOLS/.lock"
    flock 9
fi

summary=() missing=0 broken=0
for step in rust:required postgres grpcurl ghz buf-install squawk-install hadolint compose prometheus client-python \
    client-typescript client-go client-java chromium; do
    name=${step%%:*}
    echo "== $name"
    code=0
    "./$name.sh" 9>&- || code=$?
    case $code in
        0) result="ready" ;;
        3) result="SKIPPED" missing=$((missing + 1)) ;;
        *) result="FAILED" missing=$((missing + 1)) ;;
    esac
    if [ "$result" != ready ] && [ "$step" != "$name" ]; then
        result="$result (required)" broken=1
    fi
    summary+=("$(printf '%-14s %s' "$name" "$result")")
done

echo
echo "Tools in $BURSAR_TOOLS:"
printf '  %s\n' "${summary[@]}"
[ "$missing" = 0 ] || echo "WARNING: $missing missing; the reasons stand above, and the checks that need them are left out."
exit "$broken"
