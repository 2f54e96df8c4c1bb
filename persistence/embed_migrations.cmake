# cmake -DOUTPUT=file.cpp -DFILES=a.sql;b.sql -P embed_migrations.cmake
# Writes the C++ source that holds the migrations. Their names are NNNN_name.sql, numbered from 0001 without gaps.
set(entries "")
set(expected 0)
foreach(file IN LISTS FILES)
  math(EXPR expected "${expected} + 1")
  cmake_path(GET file STEM stem)
  if(NOT stem MATCHES "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)$")
    message(FATAL_ERROR "${file}: a migration is named NNNN_name.sql")
  endif()
  set(name "${CMAKE_MATCH_2}")
  math(EXPR version "1${CMAKE_MATCH_1} - 10000")
  if(NOT version EQUAL expected)
    message(FATAL_ERROR "${file}: number ${expected} was to come next")
  endif()
  file(READ "${file}" sql)
  file(SHA256 "${file}" checksum)
  string(APPEND entries "    {${version}, \"${name}\",\n     R\"~migration~(${sql})~migration~\",\n     \"${checksum}\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "#include <array>
#include <streamspace/persistence/migrator.hpp>

namespace streamspace {

namespace {

constexpr std::array<migration, ${expected}> steps{{
${entries}}};

}  // namespace

std::span<const migration> platform_migrations() noexcept { return steps; }

}  // namespace streamspace
")
