#!/bin/sh
# Make .venv and install what requirements.lock pins, each file checked against its hash, and the
# package itself from src/. Run by `make setup`; does nothing to a Python outside .venv.
set -eu
cd "$(dirname "$0")/.."

lock=requirements.lock
bin=.venv/bin

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for each in ${PYTHON:-} python3.11 python3 python3.12 python3.13 python3.14 python; do
        if new_enough "$each"; then
            command -v "$each"
            return
        fi
    done
    echo 'setup: no Python 3.11 or newer found; install one, or name it: `make setup PYTHON=/path/to/python3`' >&2
    return 1
}

make_venv() {
    python=$(find_python)
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        echo "setup: \`$python\` cannot make virtual environments; on Debian or Ubuntu: \`apt-get install python3-venv\`" >&2
        return 1
    fi
    "$python" -m venv --clear .venv
}

# uv comes from the lock as well: its own block of it, hashes included, given to pip.
install_uv() {
    awk '/^uv==/ { on = 1 } on { print } on && !/\\$/ { exit }' "$lock" >.venv/uv.txt
    $bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r .venv/uv.txt
}

new_enough $bin/python || make_venv
pinned=$(sed -n 's/^uv==\([^ ;]*\).*/\1/p' "$lock")
[ "$($bin/uv --version 2>/dev/null | cut -d' ' -f2)" = "$pinned" ] || install_uv
$bin/uv pip install --quiet --python $bin/python --compile-bytecode --require-hashes -r "$lock"
$bin/uv pip install --quiet --python $bin/python --no-deps --no-build-isolation --editable .
# Python itself would write this at the first start, unless it is told not to write any.
$bin/python -m compileall -q src
touch .venv/ready
