#!/usr/bin/env bash
# Runs the command it is given with a browser at hand, and ends with its status: .ci/browser.sh make test
#
# A chromium that is there is used as it is; otherwise it is installed, if this is root's Debian. Where none can be
# had the command runs all the same, after a loud word: the tests that look through one are then skipped, and
# pytest's summary says so too.
set -uo pipefail

log="$(mktemp)"
trap 'rm -f "$log"' EXIT

say() { printf '.ci/browser.sh: %s\n' "$*" >&2; }

shout() {
    printf '\n!!!!!!!!!!!!!!!!!!!! NO BROWSER !!!!!!!!!!!!!!!!!!!!!\n%s\nThe tests that need one are SKIPPED.\n' "$*" >&2
    tail -n 20 "$log" >&2
    printf '!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!\n\n' >&2
}

# The names that tests/browser/place.py looks for.
there() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; }

apt_install() { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >>"$log" 2>&1; }

# fonts-dejavu-core: without a font there is no text, and axe-core finds nothing to measure.
install_chromium() {
    [ "$(id -u)" = 0 ] && [ -e /etc/debian_version ] || return 1
    say "installing chromium"
    apt_install chromium fonts-dejavu-core || { apt-get update -qq >>"$log" 2>&1 && apt_install chromium fonts-dejavu-core; }
}

there || install_chromium || shout "There is no chromium on PATH, and it could not be installed."

"$@"
