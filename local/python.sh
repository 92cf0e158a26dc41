#!/bin/sh
# Prints the path of a Python >= 3.13 that really runs and can make virtual environments.
# Looks at $PYTHON, python3.13 and later on PATH, pyenv's versions, uv's, python3. Else one sentence, exit 2.
new_enough='import sys; sys.exit(sys.version_info < (3, 13))'
no_venv=''

# A pyenv shim is on PATH whether or not its version is installed, so a candidate counts only once it has run.
try() {
    "$1" -c "$new_enough" </dev/null >/dev/null 2>&1 || return 1
    if ! "$1" -c 'import ensurepip, venv' </dev/null >/dev/null 2>&1; then
        no_venv=$1
        return 1
    fi
    "$1" -c 'import sys; print(sys.executable)' </dev/null
    exit 0
}

refuse() {
    echo "$1" >&2
    exit 2
}

missing_venv() {
    refuse "$1 cannot make a virtual environment: its module ensurepip or venv is missing. On Debian or Ubuntu: sudo apt install python3-venv (or python3.13-venv)."
}

if [ -n "${PYTHON:-}" ]; then
    try "$PYTHON"
    [ -n "$no_venv" ] && missing_venv "$no_venv"
    refuse "PYTHON is '$PYTHON', which is not a Python 3.13 or newer that runs: unset it, or set it to the path of one."
fi

for name in python3.13 python3.14 python3.15; do
    command -v "$name" >/dev/null 2>&1 && try "$name"
done
for path in "${PYENV_ROOT:-${HOME:-}/.pyenv}"/versions/3.1[3-9]*/bin/python; do
    [ -x "$path" ] && try "$path"
done
if command -v uv >/dev/null 2>&1; then
    path=$(uv python find '>=3.13' 2>/dev/null) && try "$path"
fi
for name in python3 python; do
    command -v "$name" >/dev/null 2>&1 && try "$name"
done

[ -n "$no_venv" ] && missing_venv "$no_venv"
refuse "Python 3.13 or newer was not found: install it (python.org, pyenv install 3.13, or uv python install 3.13), or name it: make PYTHON=/path/to/python3.13 run."
