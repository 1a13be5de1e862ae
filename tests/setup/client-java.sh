#!/usr/bin/env bash
# What the Java client is generated and built with: protoc, the gRPC plugin and the jar of the generator of service
# clients as tools, and everything that its pom names in Maven's own repository, so that later builds need no network.
# About 3 minutes on a cold cache.
. "$(dirname "$0")/lib.sh"
protobuf_version=4.33.5 # the pom's protobuf.version, or older: generated code runs on its own version or a newer one
plugin_version=1.83.1   # the newest whose program for Linux is to be had; the runtime may be newer
copy=org.apache.maven.plugins:maven-dependency-plugin:3.9.0:copy
client="$root_dir/clients/java"
folder="$BURSAR_TOOLS/java-$protobuf_version-$plugin_version"

for program in java javac mvn; do
    have "$program" || skip "the Java client needs $program: a JDK 17 or later, and Maven"
done
release=$(javac -version 2>&1 | sed 's/^javac \([0-9]*\).*/\1/')
[ "$release" -ge 17 ] || skip "the Java client needs a JDK 17 or later; javac is $release"

# Puts one artifact into the folder of tools, named without its version.
tool() { # <group:artifact:version:type[:classifier]>
    timeout 900 mvn -q -B -ntp "$copy" -Dartifact="$1" -DoutputDirectory="$folder.part" -Dmdep.stripVersion=true </dev/null
}

if [ ! -d "$folder" ]; then
    [ "$(uname -sm)" = "Linux x86_64" ] || skip "the programs that generate Java are pinned for Linux on x86_64"
    rm -rf "$folder.part"
    tool "com.google.protobuf:protoc:$protobuf_version:exe:linux-x86_64"
    tool "io.grpc:protoc-gen-grpc-java:$plugin_version:exe:linux-x86_64"
    tool "com.google.protobuf:protobuf-java:$protobuf_version:jar"
    chmod +x "$folder.part"/*.exe
    mv "$folder.part" "$folder"
fi
ln -sf "$folder/protoc-linux-x86_64.exe" "$BURSAR_TOOLS/bin/protoc-for-java"
ln -sf "$folder/protoc-gen-grpc-java-linux-x86_64.exe" "$BURSAR_TOOLS/bin/protoc-gen-grpc-java"
ln -sf "$folder/protobuf-java.jar" "$BURSAR_TOOLS/protobuf-java.jar"

# Only a whole build with a test in it asks for all that a build needs. It is repeated when the pom changes, or when
# Maven's repository has lost a jar: the mark holds their names.
mark="$BURSAR_TOOLS/java-build-$(cksum <"$client/pom.xml" | cut -d' ' -f1)"
jars_are_there() {
    local jars jar
    IFS=: read -r -a jars <"$mark" || [ "${#jars[@]}" -gt 0 ] || return 1
    for jar in "${jars[@]}"; do [ -e "$jar" ] || return 1; done
}
if [ ! -e "$mark" ] || ! jars_are_there; then
    # buf-install.sh has run before.
    timeout 1500 "$client/build.sh" -Dtest=AmountsTest
    cp "$client/target/classpath" "$mark"
fi
ready "JDK $release, protoc $protobuf_version, protoc-gen-grpc-java $plugin_version, the Java client's dependencies"
