#!/usr/bin/env bash
# squawk.sh [<file>...]: lints the migrations, or those files, with the rules of migrations/squawk.toml.
. "$(dirname "$0")/lib.sh"
cd "$root_dir"
[ -x "$BURSAR_TOOLS/bin/squawk" ] || skip "squawk is not installed: make install-tools"
files=("$@")
[ $# -gt 0 ] || files=(migrations/sql/*.up.sql)

# The runner wraps a migration into a transaction unless its first line says otherwise.
wrapped=() alone=()
for file in "${files[@]}"; do
    if head -n 1 "$file" | grep -q '^-- no-transaction'; then alone+=("$file"); else wrapped+=("$file"); fi
done
status=0
[ ${#wrapped[@]} = 0 ] || squawk --config migrations/squawk.toml --assume-in-transaction "${wrapped[@]}" || status=1
[ ${#alone[@]} = 0 ] || squawk --config migrations/squawk.toml "${alone[@]}" || status=1
[ "$status" = 0 ] && echo "squawk: ok, ${#files[@]} migrations"
exit "$status"
