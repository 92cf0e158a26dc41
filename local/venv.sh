#!/bin/sh
# venv.sh FILE: makes .venv unless a whole one is there, then installs the requirements FILE into it.
set -eu
cd "$(dirname "$0")/.."

# Ctrl-C while a .venv is being made leaves one with a python but without pip: mend or remake it, never trust it.
whole() {
    .venv/bin/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 13))' </dev/null >/dev/null 2>&1
}

if ! whole; then
    python=$(sh local/python.sh)
    echo "Making .venv with $python"
    # Ctrl-C ends this without the trace that Python's own modules would print; anything else they say is shown.
    trap 'exit 130' INT
    said=$("$python" -m venv --clear .venv 2>&1) || {
        echo "$said" >&2
        exit 2
    }
fi
echo "Installing $1 into .venv"
.venv/bin/python -m pip install -qq --disable-pip-version-check --no-input -r "$1"
