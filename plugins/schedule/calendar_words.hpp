#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace streamspace {

/// From January, at 1, to December.
constexpr std::array<std::string_view, 13> month_words{"",        "January",  "February", "March",  "April",
                                                       "May",     "June",     "July",     "August", "September",
                                                       "October", "November", "December"};

/// From Sunday to Saturday, and Sunday again at 7.
constexpr std::array<std::string_view, 8> weekday_words{"Sunday",   "Monday", "Tuesday",  "Wednesday",
                                                        "Thursday", "Friday", "Saturday", "Sunday"};

/// "a", "a and b", "a, b and c"; `last` is the word before the last one.
std::string listed(const std::vector<std::string>& words, std::string_view last = "and");

}  // namespace streamspace
