#include <algorithm>

#include <streamspace/plugins/dependencies/semver_reader.hpp>

namespace streamspace::semver_reading {

namespace {

bool is_identifier_char(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

}  // namespace

void reader::skip_white_space() {
  while (!at_end() && white_space.find(peek()) != std::string_view::npos) ++at_;
}

bool reader::take(std::string_view expected) {
  if (!rest().starts_with(expected)) return false;
  skip(expected.size());
  return true;
}

std::uint64_t reader::number() {
  const auto begin = at_;
  std::uint64_t value = 0;
  for (; is_digit(peek()); ++at_) {
    value = value * 10 + static_cast<std::uint64_t>(peek() - '0');
    if (value > semver::max_number)
      fail_at(begin, "a number must not be larger than " + std::to_string(semver::max_number));
  }
  if (at_ == begin) fail("a number is missing");
  if (text_[begin] == '0' && at_ > begin + 1) fail_at(begin, "a number must not begin with 0");
  return value;
}

std::string reader::identifier(bool in_prerelease) {
  const auto begin = at_;
  while (is_identifier_char(peek())) ++at_;
  const auto text = text_.substr(begin, at_ - begin);
  if (text.empty()) fail(in_prerelease ? "an identifier after '-' is missing" : "an identifier after '+' is missing");
  if (in_prerelease && text.size() > 1 && text.front() == '0' && std::all_of(text.begin(), text.end(), is_digit))
    fail_at(begin, "a number must not begin with 0");
  return std::string{text};
}

void reader::qualifiers(semver& into) {
  const auto identifiers = [&](std::vector<std::string>& list, bool in_prerelease) {
    do list.push_back(identifier(in_prerelease));
    while (take("."));
  };
  if (take("-")) identifiers(into.prerelease, true);
  if (take("+")) identifiers(into.build, false);
}

void reader::fail_at(std::size_t position, const std::string& why) const {
  constexpr std::size_t shown = 80;
  auto quoted = std::string{text_.substr(0, shown)};
  if (text_.size() > shown) quoted += "...";
  throw error{ec::invalid_argument,
              "the " + std::string{what_} + " '" + quoted + "' is wrong at character " + std::to_string(position + 1) +
                  ": " + why,
              {{"position", std::to_string(position + 1)}}};
}

}  // namespace streamspace::semver_reading
