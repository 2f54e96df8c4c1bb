#include <streamspace/plugins/schedule/calendar_words.hpp>

namespace streamspace {

std::string listed(const std::vector<std::string>& words, std::string_view last) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0 && i + 1 < words.size()) text += ", ";
    if (i > 0 && i + 1 == words.size()) (text += ' ').append(last) += ' ';
    text += words[i];
  }
  return text;
}

}  // namespace streamspace
