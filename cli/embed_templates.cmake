# cmake -DOUTPUT=file.cpp -DFOLDER=templates -DFILES=event/README.md.in;... -P embed_templates.cmake
# Writes the C++ source that holds the templates of `streamspace plugin new`. A file is named TEMPLATE/PATH.in, where PATH is where it goes
# in the project, NAME in it for the plugin's name; the template "common" goes into all projects.
set(entries "")
foreach(file IN LISTS FILES)
  if(NOT file MATCHES "^([a-z]+)/(.+)\\.in$")
    message(FATAL_ERROR "${file}: a template's file is named TEMPLATE/PATH.in")
  endif()
  set(template "${CMAKE_MATCH_1}")
  set(path "${CMAKE_MATCH_2}")
  file(READ "${FOLDER}/${file}" text)
  string(APPEND entries "    {\"${template}\", \"${path}\",\n     R\"~template~(${text})~template~\"},\n")
endforeach()
list(LENGTH FILES count)
file(WRITE "${OUTPUT}" "#include <array>
#include <cli/plugin_project.hpp>

namespace streamspace {

namespace {

constexpr std::array<template_file, ${count}> files{{
${entries}}};

}  // namespace

std::span<const template_file> template_files() noexcept { return files; }

}  // namespace streamspace
")
