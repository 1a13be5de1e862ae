#!/usr/bin/env bash
# Prometheus and promtool, which read /metrics in the tests. The Debian package is taken apart into a folder of its own
# and not installed: an installed one would start a service and take its port.
. "$(dirname "$0")/lib.sh"
dir="$BURSAR_TOOLS/prometheus"
links() {
    ln -sf "$dir/usr/bin/prometheus" "$BURSAR_TOOLS/bin/prometheus"
    ln -sf "$dir/usr/bin/promtool" "$BURSAR_TOOLS/bin/promtool"
    ready "$("$dir/usr/bin/prometheus" --version 2>&1 | head -1)"
}
[ -x "$dir/usr/bin/prometheus" ] && links
have apt-get && have dpkg || skip "prometheus is taken from a Debian package, which needs apt-get and dpkg"
rm -rf "$dir.part" && mkdir -p "$dir.part"
# apt fetches as a user of its own, who may not write into a folder of root's.
chmod 755 "$dir.part"
fetch() { (cd "$dir.part" && apt-get -qq download prometheus >/dev/null 2>&1); }
fetch || { [ "$(id -u)" = 0 ] && apt-get -qq update >/dev/null 2>&1 && fetch; } \
    || skip "apt-get could not fetch the package prometheus"
dpkg -x "$dir.part"/prometheus_*.deb "$dir.part" || fail "the package prometheus cannot be taken apart"
rm -f "$dir.part"/prometheus_*.deb
"$dir.part/usr/bin/prometheus" --version >/dev/null 2>&1 || fail "the prometheus of the package does not run here"
rm -rf "$dir" && mv "$dir.part" "$dir"
links
