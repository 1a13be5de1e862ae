#!/usr/bin/env bash
# build.sh [<option of Maven>…]: generates the code of the protos when it is out of date, runs the unit tests and makes
# the jars with their API docs.
# build.sh --driver: generates and compiles only, and nothing when no source is newer than the last time.
# Ends with 3 when the tools that generate are not installed.
. "$(dirname "$0")/../../tests/setup/lib.sh"
cd "$root_dir/clients/java"

# Whether nothing of the sources is newer than the mark that the last run has left. A folder is as new as what was
# taken out of it.
fresh() { # <mark> <source>…
    local mark=$1
    shift
    [ -e "$mark" ] && [ -z "$(find "$@" -newer "$mark" -print -quit)" ]
}

mkdir -p target
# Several may want it at once.
if have flock; then
    exec 8>target/lock
    flock 8
fi
generated=src/main/generated/up-to-date
if ! fresh "$generated" "$root_dir/proto" buf.gen.yaml generator generate.sh; then
    # From before the run: what is changed meanwhile is generated next time.
    touch target/generating
    ./generate.sh
    mv target/generating "$generated"
fi
if [ "${1:-}" != --driver ]; then
    mvn -q -B -ntp "$@" package </dev/null
elif ! fresh target/compiled pom.xml src; then
    touch target/compiling
    mvn -q -B -ntp process-test-classes </dev/null >&2
    mv target/compiling target/compiled
fi
