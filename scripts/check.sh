#!/usr/bin/env bash
# Every gate that runs on a developer's machine, one by one or all. .ci/run uses the same ones.
# shellcheck source=scripts/setup.sh
source "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/setup.sh"

usage() {
  cat <<'END'
usage: scripts/check.sh [GATE...]             the named gates in order, or all of them; ends at the first that fails
       scripts/check.sh format --fix          changes the files instead
       scripts/check.sh tidy --changed [BASE] only files that differ from BASE (a commit; HEAD if not given)
       scripts/check.sh tidy FILE...          only these files

  format    clang-format 14 changes nothing
  includes  no include crosses a layer
  shell     shellcheck has nothing to say about our scripts
  headers   every public header compiles alone
  asan      the unit tests pass with AddressSanitizer and UndefinedBehaviorSanitizer
  tsan      the tests labelled tsan pass with ThreadSanitizer
  tidy      clang-tidy has nothing to say (slow: a minute for some ten files on two cores)
END
}
all_gates=(format includes shell headers asan tsan tidy)

# our_files PATTERN...: sources, NUL-separated, from the root. Where git cannot say (no repository, or one of another user's),
# whatever lies outside of build and var.
our_files() (
  cd -- "$root"
  if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    git ls-files -z --cached --others --exclude-standard --deduplicate -- "$@"
  else
    for pattern; do
      find . \( -path ./build -o -path ./var \) -prune -o -type f -path "./$pattern" -printf '%P\0'
    done
  fi | while IFS= read -r -d '' file; do
    [[ ! -f $file ]] || printf '%s\0' "$file"
  done
)

# tool MAJOR NAME: prints the command to call, NAME of the version MAJOR (any, if empty); else says so and fails with $skipped.
skipped=77
tool() {
  local major=$1 name=$2 candidate found=''
  for candidate in "$name${major:+-$major}" "$name"; do
    command -v "$candidate" >/dev/null || continue
    found=yes
    if [[ -z $major || $("$candidate" --version) == *" version $major."* ]]; then
      printf '%s' "$candidate"
      return
    fi
  done
  if [[ -n $found ]]; then
    say "$name here is not version $major, and other versions judge differently"
  else
    say "there is no $name (Debian: apt-get install $name)"
  fi
  return "$skipped"
}

gate_format() {
  local format
  local -a mode=(--dry-run -Werror)
  [[ ${1-} != --fix ]] || mode=(-i)
  format=$(tool 14 clang-format)
  our_files '*.hpp' '*.cpp' |
    (cd -- "$root" && xargs -0 --no-run-if-empty --max-args=16 --max-procs="$jobs" "$format" "${mode[@]}")
}

gate_includes() { python3 "$root/scripts/check_includes.py" --root "$root"; }

gate_shell() {
  local shellcheck
  shellcheck=$(tool '' shellcheck)
  (cd -- "$root" && "$shellcheck" --external-sources --source-path=SCRIPTDIR run test .ci/run scripts/*.sh)
}

# The folders that are included as <streamspace/...>.
gate_headers() {
  local flags
  flags=$(pkg-config --cflags libpq libpqxx libjwt libsodium)
  check_build_folder release
  lock_build release
  timed 'configure release' configure_preset release
  unlock_build
  cd -- "$root"
  # shellcheck disable=SC2086 # several flags
  our_files 'messages/*.hpp' 'persistence/*.hpp' 'plugins/*.hpp' 'http/*.hpp' 'actors/*.hpp' 'include/*.hpp' |
    xargs -0 --no-run-if-empty --max-args=1 --max-procs="$jobs" \
      "${CXX:-g++}" -std=c++20 -Wall -Wextra -fsyntax-only $flags "-I$build/release/include" -x c++ /dev/null -include
}

# test_with PRESET LABEL: only the programs of these tests are built.
test_with() {
  local preset=$1 label=$2 begun
  build_preset "$preset" "tests_$label"
  begun=$(clock)
  ctest --test-dir "$build/$preset" --output-on-failure --no-tests=error -j "$jobs" -L "^$label\$"
  say "tests labelled $label ($(seconds_since "$begun"))"
}

# Without halt_on_error, undefined behaviour is printed and the test passes.
gate_asan() {
  export ASAN_OPTIONS=${ASAN_OPTIONS-detect_stack_use_after_return=1:strict_string_checks=1}
  export UBSAN_OPTIONS=${UBSAN_OPTIONS-halt_on_error=1:print_stacktrace=1}
  test_with asan unit
}

gate_tsan() {
  export TSAN_OPTIONS=${TSAN_OPTIONS-halt_on_error=1:second_deadlock_stack=1}
  test_with tsan tsan
}

# clang cannot read what g++ precompiled, so tidy has a build folder of its own, in which nothing is built.
gate_tidy() {
  local tidy folder=$build/tidy
  tidy=$(tool '' clang-tidy)
  check_build_folder tidy
  lock_build tidy
  timed 'configure tidy' configure_preset tidy dev -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON -DSTREAMSPACE_CCACHE=
  cmake --build "$folder" --target build.ninja >/dev/null  # configures again if a CMake file changed
  unlock_build
  cd -- "$root"
  if [[ ${1-} == --changed ]]; then
    comm -z -12 <(compiled_files "$folder") <(git diff --name-only -z --diff-filter=d "${2-HEAD}" -- '*.cpp' | LC_ALL=C sort -z)
  elif (($#)); then
    printf '%s\0' "$@"
  else
    compiled_files "$folder"
  fi | xargs -0 --no-run-if-empty --max-args=1 --max-procs="$jobs" "$tidy" --quiet -p "$folder" \
    2> >(grep --line-buffered --invert-match ' warnings\? generated\.$' >&2)
}

# compiled_files FOLDER: our sources that its compile database knows, NUL-separated, sorted, from the root.
compiled_files() {
  python3 - "$root" "$1" <<'END'
import json, pathlib, sys
root, folder = map(pathlib.Path, sys.argv[1:])
files = {pathlib.Path(entry["file"]) for entry in json.loads((folder / "compile_commands.json").read_text())}
ours = {path.relative_to(root).as_posix() for path in files if root in path.parents and root / "build" not in path.parents}
sys.stdout.write("".join(f"{name}\0" for name in sorted(ours)))
END
}

# Outside of any condition, so that the gate's own errors end it.
run_gate() {
  local gate=$1 begun status
  begun=$(clock)
  shift
  say "gate: $gate"
  set +e
  (
    set -e
    "gate_$gate" "$@"
  )
  status=$?
  set -e
  if ((status == skipped)); then
    say "gate $gate skipped"
    return
  fi
  ((status == 0)) || die "the gate '$gate' failed ($(seconds_since "$begun"))"
  say "gate $gate passed ($(seconds_since "$begun"))"
}

case ${1-} in
  -h | --help)
    usage
    exit 0
    ;;
  format | tidy)
    if [[ ${2-} && " ${all_gates[*]} " != *" $2 "* ]]; then
      run_gate "$@"  # what follows are the gate's own arguments
      exit 0
    fi
    ;;
  '') set -- "${all_gates[@]}" ;;
esac
for gate; do
  [[ " ${all_gates[*]} " == *" $gate "* ]] || die "there is no gate '$gate'; there are: ${all_gates[*]}"
done
for gate; do
  run_gate "$gate"
done
