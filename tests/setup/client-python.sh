#!/usr/bin/env bash
# What the Python client is generated, checked, built and tested with, in a virtualenv of its own;
# $BURSAR_TOOLS/bin/bursar-python is its interpreter.
. "$(dirname "$0")/lib.sh"
have python3 || skip "the Python client needs python3"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
    || skip "the Python client needs Python 3.10 or newer, this is $(python3 --version)"

# The protoc inside grpcio-tools decides the oldest protobuf that the generated code runs on; pyproject.toml names it.
packages=(
    grpcio==1.76.0 grpcio-tools==1.76.0 protobuf==6.33.5 googleapis-common-protos==1.76.0
    mypy-protobuf==5.1.0 mypy==2.4.1 types-grpcio==1.85.0.20261028 types-protobuf==7.35.1.20260906
    ruff==0.17.6 pdoc==16.0.0 build==1.6.1 hatchling==1.33.0 twine==7.0.0
    opentelemetry-api==1.45.2 opentelemetry-sdk==1.45.2
)
# The folder is named after what is in it and which Python it is for, so that a change of either makes a new one.
key=$(printf '%s\n' "$(python3 -c 'import sys; print(sys.version_info[:2], sys.base_prefix)')" "${packages[@]}" | sha256sum)
folder="$BURSAR_TOOLS/python-client-${key:0:12}"
program="$BURSAR_TOOLS/bin/bursar-python"
pip=(-m pip install --quiet --disable-pip-version-check --root-user-action=ignore)

if [ ! -e "$folder/complete" ]; then
    rm -rf "$folder"
    if python3 -m venv "$folder" >/dev/null 2>&1; then
        "$folder/bin/python" "${pip[@]}" "${packages[@]}" || fail "pip could not install the packages above"
    else
        # Some machines have venv without ensurepip: then a folder on the search path does as well.
        python3 -m pip --version >/dev/null 2>&1 || skip "the Python client needs python3 with venv or pip"
        rm -rf "$folder"
        python3 "${pip[@]}" --target "$folder/lib" "${packages[@]}" || fail "pip could not install the packages above"
    fi
    touch "$folder/complete"
fi
# Written each time: the link may be from another checkout's version of this script.
if [ -x "$folder/bin/python" ]; then
    printf '#!/bin/sh\nexec "%s" "$@"\n' "$folder/bin/python" >"$program.part"
else
    # shellcheck disable=SC2016 # the program expands it
    printf '#!/bin/sh\nPYTHONPATH="%s${PYTHONPATH:+:$PYTHONPATH}" exec "%s" "$@"\n' \
        "$folder/lib" "$(command -v python3)" >"$program.part"
fi
chmod +x "$program.part"
mv "$program.part" "$program"
"$program" -c 'import grpc, google.rpc, mypy' || fail "the installed packages do not run on this machine"
ready "grpcio-tools 1.76.0 and what builds the Python client, for $("$program" --version)"
