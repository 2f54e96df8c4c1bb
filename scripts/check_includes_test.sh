#!/usr/bin/env bash
# Shows that check_includes.py lets a good tree pass and names each kind of mistake in a bad one.
set -euo pipefail

check=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/check_includes.py
tree=$(mktemp -d)
trap 'rm -rf -- "$tree"' EXIT
failures=0

write() {
  mkdir -p -- "$tree/$(dirname -- "$1")"
  printf '%s\n' "${@:2}" >"$tree/$1"
}

fail() {
  printf 'FAILED: %s\n' "$1"
  failures=$((failures + 1))
}

# expect_violation PLACE WORDS: with the good tree and what was written since, exactly that place is refused, in these words.
expect_violation() {
  local place=$1 words=$2 output status=0
  output=$(python3 "$check" --root "$tree") || status=$?
  if ((status != 1)); then
    fail "$place passed, exit $status: $output"
  elif [[ $output != "$place: "*"$words"* || $output == *$'\n'* ]]; then
    fail "expected only '$place: ...$words...', got: $output"
  fi
  good_tree
}

good_tree() {
  rm -rf -- "${tree:?}"/*
  write messages/error.hpp '#pragma once' '#include <string>' '#include <tl/expected.hpp>'
  write messages/caf/type_ids.hpp '#include <caf/type_id.hpp>' '#include <streamspace/messages/error.hpp>'
  write persistence/database.cpp '#include <pqxx/pqxx>' '#include <streamspace/messages/error.hpp>'
  write plugins/sdk/context.hpp '#include <streamspace/messages/error.hpp>'
  write plugins/schedule/zone.cpp '#include <date/tz.h>' '#include <streamspace/messages/error.hpp>'
  write plugins/builtin/audit.cpp '#include <streamspace/plugin.hpp>'
  write http/server.cpp '#include <boost/beast/core.hpp>' '#include <boost/asio.hpp>'
  write http/actor_gateway.cpp '#include <caf/actor.hpp>' '#include <streamspace/messages/caf/type_ids.hpp>'
  write actors/runtime.cpp '#include <caf/all.hpp>' '#include <streamspace/persistence/database.hpp>'
  write actors/runtime.hpp '#include <streamspace/messages/error.hpp>'
  write include/streamspace/plugin.hpp '#include <streamspace/plugins/sdk/context.hpp>'
  write include/streamspace/runtime.hpp '#include <streamspace/actors/runtime.hpp>'
  write include/streamspace/actor_plugin.hpp '#include <caf/all.hpp>' '#include <streamspace/plugin.hpp>'
  write cli/main.cpp '#include "serve.hpp"' '#include <streamspace/runtime.hpp>' '#include <streamspace/http/server.hpp>'
  write tests/unit/http/server_test.cpp '#include <boost/beast.hpp>' '#include "support/client.hpp"'
}

good_tree
output=$(python3 "$check" --root "$tree") || fail "the good tree was refused: $output"

write messages/bad.cpp '' '#include <streamspace/persistence/database.hpp>'
expect_violation messages/bad.cpp:2 'messages must not include persistence'

write http/bad.cpp '#include <streamspace/actors/runtime.hpp>'
expect_violation http/bad.cpp:1 'http must not include actors'

write http/bad.cpp '  #  include <streamspace/persistence/database.hpp>'
expect_violation http/bad.cpp:1 'http must not include persistence'

write plugins/bad.cpp '#include <streamspace/runtime.hpp>'
expect_violation plugins/bad.cpp:1 'plugins must not include actors'

write actors/bad.cpp '#include <streamspace/http/server.hpp>'
expect_violation actors/bad.cpp:1 'actors must not include http'

write persistence/bad.cpp '#include "database.hpp"'
expect_violation persistence/bad.cpp:1 'is written <streamspace/FOLDER/NAME.hpp>'

write actors/bad.cpp '#include <boost/asio/io_context.hpp>'
expect_violation actors/bad.cpp:1 'may be included only below http/'

write actors/bad.cpp '#include <pqxx/connection>'
expect_violation actors/bad.cpp:1 'may be included only below persistence/'

write actors/bad.cpp '#include <date/tz.h>'
expect_violation actors/bad.cpp:1 'may be included only below plugins/schedule/'

write plugins/schedule/bad.hpp '#include <date/tz.h>'
expect_violation plugins/schedule/bad.hpp:1 'must stay free of caf, boost, pqxx, date'

write persistence/bad.cpp '#include <caf/actor_system.hpp>'
expect_violation persistence/bad.cpp:1 'may be included only below messages/caf/'

write messages/bad.hpp '#include <boost/uuid/uuid.hpp>'
expect_violation messages/bad.hpp:1 'must stay free of caf, boost, pqxx, date'

write plugins/sdk/bad.hpp '#pragma once' '#include <streamspace/messages/caf/type_ids.hpp>'
expect_violation plugins/sdk/bad.hpp:2 'reaches <streamspace/messages/caf/type_ids.hpp> -> <caf/type_id.hpp>'

write include/streamspace/bad.hpp '#include <streamspace/actors/heavy.hpp>'
write actors/heavy.hpp '#include <caf/all.hpp>'
expect_violation include/streamspace/bad.hpp:1 'reaches <streamspace/actors/heavy.hpp> -> <caf/all.hpp>'

write extras/new.cpp '#include <vector>'
expect_violation extras/new.cpp:1 'the folder extras has no layer'

rm -rf -- "${tree:?}"/*
python3 "$check" --root "$tree" >/dev/null 2>&1 && fail 'an empty folder passed'

if ((failures > 0)); then
  printf '%d of the checks of check_includes.py failed\n' "$failures"
  exit 1
fi
printf 'check_includes.py lets the good tree pass and names each mistake\n'
