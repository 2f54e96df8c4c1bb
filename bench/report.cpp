#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include <bench/report.hpp>

namespace streamspace::bench {

namespace {

std::string with_decimals(double value, int decimals) {
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return {text.data(), std::min(static_cast<std::size_t>(std::max(length, 0)), text.size() - 1)};
}

std::string to_text(const json& params) {
  std::string text;
  for (const auto& [name, value] : params.items()) {
    if (!text.empty()) text += ' ';
    text += name + '=' + (value.is_string() ? value.get<std::string>() : value.dump());
  }
  return text;
}

/// Rows of cells under each other; the median and the range are numbers and stand to the right.
std::string align(const std::vector<std::array<std::string, 5>>& rows) {
  std::array<std::size_t, 5> widths{};
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string gap(widths[i] - row[i].size(), ' ');
      const bool number = i == 2 || i == 4;
      line += number ? gap + row[i] : row[i] + gap;
      line += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

}  // namespace

std::string readable(double value) {
  const double size = std::abs(value);
  auto text = with_decimals(value, size >= 10'000 ? 0 : size >= 10 ? 1 : 3);
  const auto begin = static_cast<std::ptrdiff_t>(value < 0 ? 1 : 0);
  auto at = static_cast<std::ptrdiff_t>(std::min(text.find('.'), text.size()));
  while (at - 3 > begin) {
    at -= 3;
    text.insert(text.begin() + at, ',');
  }
  return text;
}

std::string to_table(const std::vector<figure>& figures) {
  std::vector<std::array<std::string, 5>> rows{{"name", "params", "median", "unit", "range"}};
  for (const auto& f : figures) {
    const double spread = f.value == 0 ? 0 : (f.highest - f.lowest) / f.value * 100;
    rows.push_back({f.name, to_text(f.params), readable(f.value), f.unit, with_decimals(spread, 0) + " %"});
  }
  return align(rows);
}

json to_document(const std::string& suite, const std::vector<figure>& figures) {
  json results = json::array();
  for (const auto& f : figures)
    results.push_back({{"name", f.name}, {"params", f.params}, {"value", f.value}, {"unit", f.unit}});
  return {{"suite", suite}, {"results", std::move(results)}};
}

}  // namespace streamspace::bench
