#include <algorithm>
#include <iomanip>
#include <sstream>

#include <bench/comparison.hpp>
#include <bench/report.hpp>

namespace streamspace::bench {

namespace {

const figure* find(const std::vector<figure>& figures, const bar::figure_name& wanted) {
  const auto it = std::find_if(figures.begin(), figures.end(),
                               [&](const figure& f) { return f.name == wanted.name && f.params == wanted.params; });
  return it == figures.end() ? nullptr : &*it;
}

bool holds(bar::sense wanted, double value, double limit) {
  switch (wanted) {
    case bar::sense::at_least:
      return value >= limit;
    case bar::sense::at_most:
      return value <= limit;
    case bar::sense::exactly:
      return value == limit;
  }
  return false;
}

const char* to_text(bar::sense wanted) {
  switch (wanted) {
    case bar::sense::at_least:
      return "at least ";
    case bar::sense::at_most:
      return "at most ";
    case bar::sense::exactly:
      return "exactly ";
  }
  return "";
}

std::string to_text(const bar::figure_name& what) {
  auto text = what.name;
  for (const auto& value : what.params) text += ' ' + (value.is_string() ? value.get<std::string>() : value.dump());
  return text;
}

/// "8", "1.25", "0.367": three digits that count, which is how a limit was written down.
std::string brief(double value) {
  std::ostringstream text;
  text << std::setprecision(3) << value;
  return text.str();
}

}  // namespace

std::vector<comparison> compare(const std::vector<figure>& figures, const std::vector<bar>& bars) {
  std::vector<comparison> all;
  for (const auto& b : bars) {
    const auto* what = find(figures, b.what);
    const auto* times = b.times ? find(figures, *b.times) : nullptr;
    if (!what || (b.times && (!times || times->value == 0))) continue;
    const auto value = times ? what->value / times->value : what->value;
    all.push_back({&b, value, holds(b.wanted, value, b.limit)});
  }
  return all;
}

std::string to_lines(const std::vector<comparison>& comparisons) {
  std::string text;
  for (const auto& c : comparisons) {
    const auto& b = *c.against;
    text += to_text(b.what) + ": ";
    text += b.times ? brief(c.value) + "x " + to_text(*b.times) : readable(c.value);
    text += " (bar: " + std::string{to_text(b.wanted)} + brief(b.limit) + (b.times ? "x)" : ")");
    text += c.met ? "\n" : ", not met\n";
  }
  return text;
}

}  // namespace streamspace::bench
