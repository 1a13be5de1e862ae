#!/usr/bin/env bash
# A compose program, which checks deploy/compose.yaml. It needs no container engine for that.
. "$(dirname "$0")/lib.sh"
docker compose version >/dev/null 2>&1 && ready "docker compose"
have docker-compose || debian docker-compose
ready "$(docker-compose version --short)"
