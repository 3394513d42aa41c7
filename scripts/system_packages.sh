#!/bin/sh
# Installs those of the named Debian packages that are missing; does nothing, at once, when none is.
#
#   scripts/system_packages.sh mosquitto chromium
#
# As root, or through sudo. A package that cannot be had is an error with its name.
set -eu

missing=""
for package in "$@"; do
    state=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
    [ "$state" = "install ok installed" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "gatehouse: these Debian packages are missing and there is no apt-get to install them:$missing" >&2
    exit 1
fi
as_root=""
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "gatehouse: not root and no sudo; as root, run: apt-get install$missing" >&2
        exit 1
    fi
    as_root="sudo"
fi

# one at a time: apt-get would not wait for another set-up step of this kind
exec 9<"$0"
flock 9

echo "gatehouse: installing Debian packages:$missing"
$as_root apt-get update -q
# shellcheck disable=SC2086 # one word per package
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing || {
    echo "gatehouse: could not install:$missing" >&2
    exit 1
}
