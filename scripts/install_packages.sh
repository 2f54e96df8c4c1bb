#!/usr/bin/env bash
# install_packages.sh [LIST...]: installs the Debian packages that packages.txt, or each LIST like it, names and that are missing.
# Needs root. Removes nothing, and does not let PostgreSQL's package create its default cluster: nothing here uses one.
set -euo pipefail

if ((EUID != 0)); then
  printf 'error: %s needs root\n' "$0" >&2
  exit 1
fi
(($#)) || set -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/packages.txt"
dependencies=$(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' -- "$@" | paste -sd ,)

exec {lock}>>/run/lock/streamspace-packages
flock "$lock"

# The answer holds for this installation alone, so that what the administrator installs later behaves as ever.
no_cluster=/etc/postgresql-common/createcluster.d/streamspace-setup.conf
trap 'rm -f -- "$no_cluster"' EXIT
mkdir -p -- "${no_cluster%/*}"
printf '%s\n' '# Exists only while streamspace installs its packages.' 'create_main_cluster = false' >"$no_cluster"

export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
apt=(apt-get -y -o DPkg::Lock::Timeout=600 -o APT::Install-Recommends=false)

# Old lists may still do: whether they did shows in the installation. Daemons must not inherit the lock.
"${apt[@]}" update {lock}>&- || printf 'the package lists could not be brought up to date; going on with the old ones\n' >&2
"${apt[@]}" --no-remove satisfy "$dependencies" {lock}>&-
