#!/usr/bin/env bash
# What needs no server: the unit tests, the jars with their API docs, and the compiler's warnings on what people wrote.
# Ends with 3 when there is no JDK or Maven.
. "$(dirname "$0")/../../tests/setup/lib.sh"
cd "$root_dir/clients/java"
have javac || skip "the Java client needs a JDK 17 or later"
have mvn || skip "the Java client needs Maven"

# What is in Maven's own repository is not asked for again, so this needs no network once the setup script has run.
./build.sh

classes=$(mktemp -d)
trap 'rm -rf "$classes"' EXIT
# Generated code is compiled without this: nobody can act on its warnings.
# -processing: an annotation of somebody else's is not ours to process.
# -try: a resource that is only opened and closed, such as a scope of OpenTelemetry, is right.
find src/main/java src/test/java -name '*.java' -print0 | xargs -0 javac --release 17 -Xlint:all,-processing,-try -Werror \
    -proc:none -d "$classes" -cp "target/classes:$(cat target/classpath)"

# The driver and the tests are not in the package.
for jar in target/bursar-client-*.jar; do
    ! jar tf "$jar" | grep -E 'driver|Test' || fail "$jar holds test code"
done
for kind in "" -sources -javadoc; do
    [ -e target/bursar-client-0.1.0"$kind".jar ] || fail "the package has no jar$kind"
done
jar tf target/bursar-client-0.1.0.jar | grep -q META-INF/LICENSE || fail "the jar has no LICENSE"
tests=$(sed -n 's/.*<testsuite .* tests="\([0-9]*\)".*/\1/p' target/surefire-reports/TEST-*.xml | paste -sd+ | { read -r sum; echo $((sum)); })
echo "client-java: $tests unit tests, jar, sources, API docs, lint: ok"
