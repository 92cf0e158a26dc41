#!/bin/sh
# Says nothing when Node >= 20 and npm are on PATH; else one sentence, exit 2. Azurite, the local storage, needs them.
cure='install Node 20 or newer (nodejs.org, or your package manager) and see that node and npm are on PATH.'
version=$(node --version 2>/dev/null </dev/null) || {
    echo "Node was not found, and Azurite, the local storage, needs it: $cure" >&2
    exit 2
}
major=${version#v}
major=${major%%.*}
case $major in '' | *[!0-9]*) major=0 ;; esac
if [ "$major" -lt 20 ]; then
    echo "Node is ${version:-of no known version}, and Azurite, the local storage, needs 20 or newer: $cure" >&2
    exit 2
fi
command -v npm >/dev/null 2>&1 || {
    echo "npm was not found beside Node $version, and it installs Azurite, the local storage: $cure" >&2
    exit 2
}
