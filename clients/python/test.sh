#!/usr/bin/env bash
# What can be said of the Python client without a server: style, types, unit tests, the packages, and what a user's
# type checker makes of the wheel.
. "$(dirname "$0")/../../tests/setup/lib.sh"
cd "$root_dir/clients/python"
python="$BURSAR_TOOLS/bin/bursar-python"
[ -x "$python" ] || skip "the Python client's packages are not installed: make install-tools"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Nothing is left in the tree; mypy keeps what it found out, or each run would take a minute.
export PYTHONDONTWRITEBYTECODE=1 RUFF_CACHE_DIR="$work/ruff" MYPY_CACHE_DIR="$BURSAR_TOOLS/python-client-mypy"

echo "== style"
"$python" -m ruff format --check --quiet .
"$python" -m ruff check --quiet .

echo "== types"
"$python" -m mypy src tools driver tests

echo "== unit tests"
PYTHONPATH=src "$python" -W error::ResourceWarning -m unittest discover --quiet --start-directory tests --top-level-directory .

echo "== packages"
# The wheel is made from the sdist, so both are whole.
"$python" -m build --no-isolation --outdir "$work/dist" . >"$work/build.log" 2>&1 || { cat "$work/build.log"; exit 1; }
"$python" -m twine check --strict "$work"/dist/*

echo "== the wheel, as a user has it"
# An environment with the wheel, where the packages it needs are those of the tools.
"$python" -m venv --without-pip "$work/venv"
user="$work/venv/bin/python"
site=$("$user" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
"$python" -c 'import os, grpc; print(os.path.dirname(os.path.dirname(grpc.__file__)))' >"$site/tools.pth"
"$python" -m pip install --quiet --disable-pip-version-check --no-deps --no-index --root-user-action=ignore \
    --target "$site" "$work"/dist/*.whl
mkdir "$work/user"
# shellcheck disable=SC2016 # backticks of Markdown
sed -n '/^```python$/,/^```$/{/^```/d;p}' README.md >"$work/user/readme.py"
cp tests/user_types.py "$work/user/"
(cd "$work/user" && "$python" -m mypy --strict --python-executable "$user" readme.py user_types.py)
(cd "$work/user" && "$user" -c 'import bursar; print("bursar", bursar.__version__, bursar.__file__)')

echo "== API docs"
# Warnings are errors, and so is a public item without a comment.
mkdir "$work/docs"
PYTHONPATH=src "$python" -W error tools/api_docs.py "$work/docs"
ready "the Python client: $(find "$work/docs" -name '*.html' | wc -l) pages of API docs"
