#pragma once

#include <cstddef>
#include <vector>

#include <streamspace/messages/log_record.hpp>

namespace streamspace {

/// The last lines of a plugin's log.
struct log_page {
  std::vector<log_record> lines;  ///< The newest last.
  std::size_t total = 0;          ///< Of which these are the newest.
};

}  // namespace streamspace
