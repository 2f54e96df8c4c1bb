#pragma once

#include <cstddef>
#include <string>

namespace streamspace {

/// What is wrong with a text, and where: the byte, counted from 0.
struct text_fault {
  std::size_t at = 0;
  std::string what;
};

}  // namespace streamspace
