# shellcheck shell=bash
# Sourced by run, test, .ci/run and scripts/check.sh. Takes a machine from any state to a built preset, doing only what is not done yet.
# Everything it says goes to stderr, so that stdout belongs to the program that is started in the end.
# Gives: $root, $build, $jobs; say, die, clock, seconds_since, timed; ensure_packages, configure_preset, build_preset.
set -euo pipefail

setup_file=$(readlink -f -- "${BASH_SOURCE[0]}")
root=${setup_file%/scripts/setup.sh}
build=$root/build

if [[ -t 2 && -z ${NO_COLOR-} ]]; then
  bold=$'\e[1m' red=$'\e[31m' plain=$'\e[0m'
else
  bold='' red='' plain=''
fi

say() { printf '%s==>%s %s\n' "$bold" "$plain" "$*" >&2; }

die() {
  printf '%serror:%s %s\n' "$red" "$plain" "$*" >&2
  exit 1
}

# Microseconds; only differences mean something.
clock() { printf '%s' "${EPOCHREALTIME//[!0-9]/}"; }

seconds_since() {
  local elapsed=$(($(clock) - $1))
  printf '%d.%d s' $((elapsed / 1000000)) $((elapsed % 1000000 / 100000))
}

# timed NAME COMMAND...: a command that fails ends the script, as everywhere here.
timed() {
  local name=$1 begun
  begun=$(clock)
  shift
  "$@"
  say "$name ($(seconds_since "$begun"))"
}

# One compile a core, but no more than memory carries: a translation unit takes up to 1.5 GiB.
count_jobs() {
  local cores key kib _ by_memory=1024
  cores=$(nproc)
  if [[ -r /proc/meminfo ]]; then
    while read -r key kib _; do
      [[ $key != MemAvailable: ]] || by_memory=$((kib / 1572864))
    done </proc/meminfo
  fi
  jobs=$((by_memory < cores ? by_memory : cores))
  jobs=${CMAKE_BUILD_PARALLEL_LEVEL:-$((jobs > 0 ? jobs : 1))}
}
count_jobs

# ccache wants a home that can be written; service users often have none.
if [[ -z ${CCACHE_DIR-} && ! -w ${HOME:-/nonexistent} ]]; then
  export CCACHE_DIR=$build/ccache
fi

# The build folder must be ours to write. One that another user (most often root) made is named rather than fought.
check_build_folder() {
  if ! mkdir -p -- "$build" 2>/dev/null || [[ ! -w $build ]]; then
    die "cannot write to '$build'. The project builds inside its own folder: clone it to a place that user '$(id -un)' may write," \
      "or, if another user built here before, remove that folder."
  fi
  local foreign
  foreign=$(find "$build" -maxdepth 1 ! -type l ! -user "$EUID" ! -writable -print -quit 2>/dev/null)
  if [[ -z $foreign && -d $build/$1 ]]; then
    foreign=$(find "$build/$1" ! -type l ! -user "$EUID" ! -writable -print -quit 2>/dev/null || true)
  fi
  [[ -z $foreign ]] ||
    die "'$foreign' belongs to user '$(stat -c %U -- "$foreign")', and '$(id -un)' may not write it." \
      "Remove what that user built (sudo rm -rf '$build') and try again."
}

# One build of a preset at a time; a second one waits. Held until unlock_build, so that no server inherits it.
lock_build() {
  exec {build_lock}>>"$build/.lock-$1"
  flock --nonblock "$build_lock" && return
  say "waiting: another process is building $1 (it holds build/.lock-$1)"
  flock "$build_lock"
}

unlock_build() { exec {build_lock}>&-; }

# missing_packages LIST...: prints what no installed package satisfies, by the name of the first alternative.
missing_packages() {
  local line alternative package status version
  local -a lines=() names=() alternatives=()
  local -A installed=()
  local -r form='^[[:space:]]*([a-z0-9][a-z0-9.+-]*)([[:space:]]*\(>=[[:space:]]*([^)[:space:]]+)\))?[[:space:]]*$'

  while IFS= read -r line || [[ -n $line ]]; do
    line=${line%%#*}
    [[ $line =~ [^[:space:]] ]] || continue
    lines+=("$line")
    IFS='|' read -ra alternatives <<<"$line"
    for alternative in "${alternatives[@]}"; do
      [[ $alternative =~ $form ]] || die "'$line' in $* is not a dependency"
      names+=("${BASH_REMATCH[1]}")
    done
  done < <(cat -- "$@")

  while read -r package status version; do
    [[ $status != installed ]] || installed[$package]=$version
  done < <(dpkg-query --show --showformat='${Package} ${db:Status-Status} ${Version}\n' "${names[@]}" 2>/dev/null)

  for line in "${lines[@]}"; do
    IFS='|' read -ra alternatives <<<"$line"
    for alternative in "${alternatives[@]}"; do
      [[ $alternative =~ $form ]]
      package=${BASH_REMATCH[1]} version=${BASH_REMATCH[3]}
      [[ -n ${installed[$package]-} ]] || continue
      if [[ -z $version ]] || dpkg --compare-versions "${installed[$package]}" ge "$version"; then
        continue 2
      fi
    done
    [[ ${alternatives[0]} =~ $form ]]
    printf '%s\n' "${BASH_REMATCH[1]}"
  done
}

# ensure_packages LIST...: installs what is missing of scripts/packages.txt and its like.
packages_changed=''
ensure_packages() {
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    say "packages: this is no Debian system; what $(basename -a -- "$@" | paste -sd ' ') lists has to be there already"
    return
  fi
  local log=$build/packages.log missing
  local -a as_root=()
  missing=$(missing_packages "$@")
  [[ -n $missing ]] || return 0

  say "packages: installing $(paste -sd , <<<"$missing" | sed 's/,/, /g'); this takes minutes, see build/packages.log"
  if ((EUID != 0)); then
    command -v sudo >/dev/null || packages_needed "user '$(id -un)' is not root and there is no sudo" "$@"
    as_root=(sudo)
  fi
  if ! "${as_root[@]}" bash "$root/scripts/install_packages.sh" "$@" </dev/null >"$log" 2>&1; then
    printf '%s ends with:\n' "$log" >&2
    tail -n 12 -- "$log" | sed 's/^/  | /' >&2
    packages_needed 'they could not be installed' "$@"
  fi
  missing=$(missing_packages "$@")
  [[ -z $missing ]] || packages_needed "they are missing still after the installation (see $log)" "$@"
  packages_changed=yes
}

# packages_needed WHY LIST...
packages_needed() {
  printf '%serror:%s packages are missing, and %s. Have root run this, then try again:\n' "$red" "$plain" "$1" >&2
  printf '  bash' >&2
  printf " '%s'" "$root/scripts/install_packages.sh" "${@:2}" >&2
  printf '\n' >&2
  exit 1
}

# configure_preset FOLDER [PRESET [CMAKE OPTION...]]: in build/FOLDER, with the preset of that name if none is given. Only where ninja
# cannot see by itself that it is needed.
configure_preset() {
  local folder=$build/$1 preset=${2-$1} log=$build/configure-$1.log
  local -a options=("${@:3}")
  if [[ -f $folder/CMakeCache.txt ]] &&
    ! grep --quiet --fixed-strings --line-regexp "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$folder/CMakeCache.txt"; then
    options+=(--fresh)  # the project was moved or copied with its build folder
  elif [[ -f $folder/.configured && -f $folder/build.ninja && -z $packages_changed &&
    ! $root/CMakePresets.json -nt $folder/.configured ]]; then
    return 0
  fi
  if ! (cd -- "$root" && cmake --preset "$preset" -B "$folder" "${options[@]}") >"$log" 2>&1; then
    cat -- "$log" >&2
    die "cmake could not configure the preset '$preset' (above, and in $log)."
  fi
  touch -- "$folder/.configured"
}

# Progress on a terminal; elsewhere only what goes wrong.
build_targets() {
  local preset=$1
  local -a quiet=()
  shift
  [[ -t 2 ]] || quiet=(-- --quiet)
  cmake --build "$build/$preset" --parallel "$jobs" --target "$@" "${quiet[@]}" >&2
}

# build_preset PRESET TARGET...: everything from the bare machine to the built targets.
build_preset() {
  local preset=$1
  shift
  check_build_folder "$preset"
  lock_build "$preset"
  timed "packages" ensure_packages "$root/scripts/packages.txt"
  timed "configure $preset" configure_preset "$preset"
  say "build $preset: $* (with $jobs jobs)"
  timed "build $preset" build_targets "$preset" "$@"
  unlock_build
}
