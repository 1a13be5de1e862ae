#!/usr/bin/env bash
# Reads the container and compose files without a container engine. Leaves out, with a line that says
# so, what has no program on this machine.
. "$(dirname "$0")/lib.sh"
cd "$root_dir"
status=0
if have hadolint; then
    hadolint deploy/container/Containerfile && echo "hadolint: ok" || status=1
else
    echo "skipped: hadolint is not installed: make install-tools"
fi
if docker compose version >/dev/null 2>&1; then
    compose=(docker compose)
else
    compose=(docker-compose)
fi
if have "${compose[0]}"; then
    "${compose[@]}" -f deploy/compose.yaml config --quiet && echo "compose: ok" || status=1
else
    echo "skipped: no compose program is installed: make install-tools"
fi
exit "$status"
