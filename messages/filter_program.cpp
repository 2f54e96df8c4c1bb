#include <algorithm>
#include <compare>
#include <string>
#include <string_view>
#include <type_traits>

#include <streamspace/messages/event.hpp>
#include <streamspace/messages/event_filter.hpp>
#include <streamspace/messages/filter_program.hpp>

namespace streamspace {

namespace {

/// A string, wherever it stands, or any other JSON value.
class value {
 public:
  explicit value(std::string own) : own_{std::move(own)}, is_text_{true}, is_own_{true} {}
  explicit value(std::string_view text) : text_{text}, is_text_{true} {}
  explicit value(const json& node) : node_{&node}, is_text_{node.is_string()} {
    if (is_text_) text_ = node.get_ref<const std::string&>();
  }

  bool is_text() const { return is_text_; }
  std::string_view text() const { return is_own_ ? std::string_view{own_} : text_; }
  bool is_number() const { return !is_text_ && node_->is_number(); }
  bool is_array() const { return !is_text_ && node_->is_array(); }
  /// Not of a text.
  const json& node() const { return *node_; }

 private:
  std::string own_;
  std::string_view text_;
  const json* node_ = nullptr;
  bool is_text_;
  bool is_own_ = false;
};

/// Wide enough for every integer of 64 bits, signed or not.
long double number(const json& node) {
  if (node.is_number_unsigned()) return static_cast<long double>(node.get<std::uint64_t>());
  if (node.is_number_integer()) return static_cast<long double>(node.get<std::int64_t>());
  return node.get<double>();
}

bool equal(const value& a, const value& b, int levels_left = event_filter::deepest_nesting) {
  if (a.is_text() || b.is_text()) return a.is_text() && b.is_text() && a.text() == b.text();
  if (a.is_number() || b.is_number()) return a.is_number() && b.is_number() && number(a.node()) == number(b.node());
  const json& left = a.node();
  const json& right = b.node();
  if (!left.is_structured() || left.type() != right.type()) return left == right;
  if (levels_left == 0 || left.size() != right.size()) return false;
  auto other = right.begin();
  for (auto one = left.begin(); one != left.end(); ++one, ++other) {
    if (left.is_object() && one.key() != other.key()) return false;
    if (!equal(value{*one}, value{*other}, levels_left - 1)) return false;
  }
  return true;
}

std::partial_ordering compare(const value& a, const value& b) {
  if (a.is_text() && b.is_text()) return a.text() <=> b.text();
  if (a.is_number() && b.is_number()) return number(a.node()) <=> number(b.node());
  return std::partial_ordering::unordered;
}

bool has_item(const json& array, const value& wanted) {
  return std::any_of(array.begin(), array.end(), [&](const json& item) { return equal(value{item}, wanted); });
}

bool contains(const value& whole, const value& part) {
  if (whole.is_array()) return has_item(whole.node(), part);
  return whole.is_text() && part.is_text() && whole.text().find(part.text()) != std::string_view::npos;
}

/// What stands at the end of the path, or null when it leads nowhere.
const json* find(const json& data, const std::vector<filter_operand::path_part>& path) {
  const json* at = &data;
  for (const auto& part : path) {
    if (const auto* name = std::get_if<std::string>(&part)) {
      if (!at->is_object()) return nullptr;
      const auto member = at->find(*name);
      if (member == at->end()) return nullptr;
      at = &*member;
    } else {
      const auto index = std::get<std::size_t>(part);
      if (!at->is_array() || index >= at->size()) return nullptr;
      at = &(*at)[index];
    }
  }
  return at;
}

value value_of(const filter_operand& operand, const event& e) {
  static const json nothing;
  switch (operand.from) {
    case filter_operand::origin::type:
      return value{std::string_view{e.type()}};
    case filter_operand::origin::source:
      return value{std::string_view{e.source()}};
    case filter_operand::origin::id:
      return value{e.id()};
    case filter_operand::origin::data: {
      const auto* found = find(e.data(), operand.path);
      return value{found ? *found : nothing};
    }
    case filter_operand::origin::literal:
      break;
  }
  return value{operand.literal};
}

bool holds(const filter_test& test, const event& e) {
  if (test.op == filter_operator::exists) return find(e.data(), test.left.path) != nullptr;
  const auto left = value_of(test.left, e);
  const auto right = value_of(test.right, e);
  switch (test.op) {
    case filter_operator::equal:
      return equal(left, right);
    case filter_operator::unequal:
      return !equal(left, right);
    case filter_operator::less:
      return compare(left, right) < 0;
    case filter_operator::at_most:
      return compare(left, right) <= 0;
    case filter_operator::greater:
      return compare(left, right) > 0;
    case filter_operator::at_least:
      return compare(left, right) >= 0;
    case filter_operator::in:
      return has_item(right.node(), left);
    case filter_operator::contains:
      return contains(left, right);
    case filter_operator::starts_with:
      return left.is_text() && right.is_text() && left.text().starts_with(right.text());
    case filter_operator::exists:
      break;
  }
  return false;
}

}  // namespace

bool filter_program::admits(const event& e) const noexcept {
  bool outcome = false;
  for (std::size_t at = 0; at < steps.size(); ++at) {
    const auto& step = steps[at];
    switch (step.what) {
      case filter_step::action::test:
        outcome = holds(tests[step.index], e);
        break;
      case filter_step::action::negate:
        outcome = !outcome;
        break;
      case filter_step::action::go_if_true:
        if (outcome) at = step.index - std::size_t{1};
        break;
      case filter_step::action::go_if_false:
        if (!outcome) at = step.index - std::size_t{1};
        break;
    }
  }
  return outcome;
}

}  // namespace streamspace
