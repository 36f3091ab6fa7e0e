#!/usr/bin/env bash
# What the course needs besides Python. Installs it where it may, else prints the line to type.
# `system_packages.sh grading` leaves out what grading does not need: the first two.
#   nodejs      renders the book's mathematics at build time
#   chromium    opens the built pages in the tests
#   bubblewrap  confines submissions
#   libseccomp2 refuses them some system calls
#   util-linux  has setpriv, by which a grader that is root gives root up
#   python3-venv  makes the environment on a bare Debian
#   postgresql  a server for the tests of a gradebook on one (some 50 MB to fetch): where
#               WITH_POSTGRESQL=1 asks for it, as .ci/run does; without it these tests are skipped
set -euo pipefail

missing=()
if [ "${1:-}" != grading ]; then
    command -v node >/dev/null || missing+=(nodejs)
    command -v chromium >/dev/null || missing+=(chromium)
fi
command -v bwrap >/dev/null || missing+=(bubblewrap)
command -v setpriv >/dev/null || missing+=(util-linux)
# Not `grep -q`: it leaves early, and ldconfig, cut short, counts as failed.
PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null | grep 'libseccomp\.so\.2' >/dev/null || missing+=(libseccomp2)
"${PYTHON:-python3}" -c "import ensurepip" 2>/dev/null || missing+=(python3-venv)
if [ "${WITH_POSTGRESQL:-0}" = 1 ] && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
    missing+=(postgresql)
fi
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
    echo "Please install with your system's package manager: ${missing[*]}" >&2
    exit 0
fi
if [ "$(id -u)" -eq 0 ]; then
    sudo=()
elif [ "${INSTALL_SYSTEM:-0}" = 1 ]; then
    sudo=(sudo)
else
    echo "The course also needs: ${missing[*]}. Type:" >&2
    echo "    sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}" >&2
    echo "or run make again with INSTALL_SYSTEM=1." >&2
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
${sudo[@]+"${sudo[@]}"} apt-get update -q
${sudo[@]+"${sudo[@]}"} apt-get install -y -q --no-install-recommends "${missing[@]}"
