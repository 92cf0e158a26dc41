#!/usr/bin/env bash
# Runs the command it is given with a container engine at hand, and ends with its status: .ci/engine.sh make test
#
# An engine that answers is used as it is. Otherwise one is started, installed before if this is root's Debian, and
# stopped at the end. Where none can be had the command runs all the same, after a loud word: the tests that need an
# engine are then skipped, and pytest's summary says so too.
set -uo pipefail

SOCKET=/var/run/docker.sock
ANSWER_SECONDS=60
STOP_SECONDS=30

log="$(mktemp)"
daemon=""
policy=""

say() { printf '.ci/engine.sh: %s\n' "$*" >&2; }

shout() {
    printf '\n!!!!!!!!!!!!!!!! NO CONTAINER ENGINE !!!!!!!!!!!!!!!!\n%s\nThe tests that need one are SKIPPED.\n' "$*" >&2
    tail -n 20 "$log" >&2
    printf '!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!\n\n' >&2
}

answers() {
    [ -n "${DOCKER_HOST:-}" ] || python3 - "$SOCKET" 2>/dev/null <<'PY'
import socket, sys
with socket.socket(socket.AF_UNIX) as engine:
    engine.settimeout(5)
    engine.connect(sys.argv[1])
    engine.sendall(b"GET /_ping HTTP/1.0\r\nHost: engine\r\n\r\n")
    sys.exit(b" 200 " not in engine.recv(4096))
PY
}

# What is not here; git is for the volumes that are clones, busybox for the test images.
missing() {
    answers || command -v dockerd >/dev/null || echo docker.io
    command -v docker >/dev/null || { apt-cache show docker-cli >/dev/null 2>&1 && echo docker-cli; }
    [ -x /bin/busybox ] || echo busybox-static
    command -v git >/dev/null || echo git
}

apt_install() { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >>"$log" 2>&1; }

# A package may start its daemon as it is installed, and nobody would stop that one: policy-rc.d forbids it.
install_missing() {
    local packages
    mapfile -t packages < <(missing)
    [ ${#packages[@]} -gt 0 ] || return 0
    [ "$(id -u)" = 0 ] && [ -e /etc/debian_version ] || return 1
    say "installing ${packages[*]}"
    if [ ! -e /usr/sbin/policy-rc.d ]; then
        policy=/usr/sbin/policy-rc.d
        printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy"
    fi
    apt_install "${packages[@]}" || { apt-get update -qq >>"$log" 2>&1 && apt_install "${packages[@]}"; }
}

# In a session of its own: Ctrl-C ends the tests first, and they need the engine to end well.
start_daemon() {
    say "starting dockerd"
    setsid dockerd >>"$log" 2>&1 &
    daemon=$!
    for _ in $(seq $((ANSWER_SECONDS * 2))); do
        answers && return
        kill -0 "$daemon" 2>/dev/null || return 1
        sleep 0.5
    done
    return 1
}

stop_daemon() {
    [ -n "$daemon" ] || return
    kill "$daemon" 2>/dev/null
    for _ in $(seq $((STOP_SECONDS * 2))); do
        kill -0 "$daemon" 2>/dev/null || return
        sleep 0.5
    done
    say "dockerd does not end: killing it"
    kill -9 "$daemon"
}

tidy() {
    stop_daemon
    [ -z "$policy" ] || rm -f "$policy"
    rm -f "$log"
}

trap tidy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if ! install_missing; then
    shout "This is not there, and could not be installed: $(missing | tr '\n' ' ')"
elif ! answers && ! start_daemon; then
    shout "dockerd did not answer at $SOCKET."
    stop_daemon
    daemon=""
fi

"$@"
