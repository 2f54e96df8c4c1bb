#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <streamspace/messages/event_filter.hpp>
#include <streamspace/messages/filter_program.hpp>

namespace streamspace {

namespace {

using operand = filter_operand;
using action = filter_step::action;

/// Longer operators before those that they begin with.
constexpr std::array<std::pair<std::string_view, filter_operator>, 6> sign_operators{{{"==", filter_operator::equal},
                                                                                      {"!=", filter_operator::unequal},
                                                                                      {"<=", filter_operator::at_most},
                                                                                      {">=", filter_operator::at_least},
                                                                                      {"<", filter_operator::less},
                                                                                      {">", filter_operator::greater}}};

constexpr std::array<std::pair<std::string_view, filter_operator>, 3> word_operators{
    {{"in", filter_operator::in},
     {"contains", filter_operator::contains},
     {"starts_with", filter_operator::starts_with}}};

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_number_character(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/// Recursive descent; it recurses for parentheses only. Throws error.
class parser {
 public:
  explicit parser(std::string_view text) : text_{text} { program_.text = text; }

  filter_program parse() {
    if (text_.size() > event_filter::longest_text) {
      at_ = event_filter::longest_text;
      expected("the end, as a filter has at most " + std::to_string(event_filter::longest_text) + " bytes");
    }
    alternatives();
    if (!rest().empty()) expected_after("&& or || or the end");
    return std::move(program_);
  }

 private:
  void alternatives() {
    std::vector<std::size_t> exits;
    conjunction();
    while (accept("||")) {
      exits.push_back(emit(action::go_if_true));
      conjunction();
    }
    lead_here(exits);
  }

  void conjunction() {
    std::vector<std::size_t> exits;
    condition();
    while (accept("&&")) {
      exits.push_back(emit(action::go_if_false));
      condition();
    }
    lead_here(exits);
  }

  void condition() {
    bool negated = false;
    while (accept("!")) negated = !negated;
    if (accept("(")) {
      if (++depth_ > event_filter::deepest_nesting)
        expected("at most " + std::to_string(event_filter::deepest_nesting) + " levels of parentheses");
      alternatives();
      if (!accept(")")) expected_after(")");
      --depth_;
    } else {
      test();
    }
    if (negated) emit(action::negate);
  }

  void test() {
    filter_test parsed{};
    if (accept_word("exists")) {
      parsed.op = filter_operator::exists;
      if (peek_word() != "data") expected_after("data or a member of it");
      parsed.left = *value();
    } else {
      auto left = value();
      if (!left) expected_after("a condition");
      parsed.left = std::move(*left);
      parsed.op = comparison();
      auto right = parsed.op == filter_operator::in ? array() : value();
      if (!right) expected_after(parsed.op == filter_operator::in ? "an array such as [\"a\", \"b\"]" : "a value");
      parsed.right = std::move(*right);
    }
    emit(action::test, program_.tests.size());
    program_.tests.push_back(std::move(parsed));
  }

  filter_operator comparison() {
    for (const auto& [sign, op] : sign_operators)
      if (accept(sign)) return op;
    for (const auto& [word, op] : word_operators)
      if (accept_word(word)) return op;
    expected_after("one of == != < <= > >= in contains starts_with");
  }

  /// Nothing when no value begins here.
  std::optional<operand> value() {
    const auto word = peek_word();
    if (word == "data") return data();
    if (accept_word("type")) return operand{operand::origin::type};
    if (accept_word("source")) return operand{operand::origin::source};
    if (accept_word("id")) return operand{operand::origin::id};
    if (auto read = literal()) return operand{operand::origin::literal, {}, std::move(*read)};
    if (!word.empty())
      expected("type, source, id, data or a JSON string, number, true, false or null, not " + std::string{word});
    return std::nullopt;
  }

  operand data() {
    operand parsed{operand::origin::data};
    program_.reads_data = true;
    const auto from = at_;
    const auto taken = [&] { last_ = text_.substr(from, at_ - from); };
    accept_word("data");
    while (at_ < text_.size() && (text_[at_] == '.' || text_[at_] == '[')) {
      const bool named = text_[at_++] == '.';
      taken();
      if (named) {
        const auto name = peek_word();
        if (name.empty()) expected_after("the name of a member");
        at_ += name.size();
        parsed.path.emplace_back(std::string{name});
      } else {
        parsed.path.push_back(key());
        taken();
        if (!accept("]")) expected_after("]");
      }
      taken();
    }
    return parsed;
  }

  operand::path_part key() {
    if (rest().starts_with('"')) return string().get<std::string>();
    const auto from = at_;
    std::size_t index = 0;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
      index = index * 10 + static_cast<std::size_t>(text_[at_++] - '0');
      if (index > 999'999'999) expected("an index of at most 9 digits");
    }
    if (at_ == from) expected_after("an index or the name of a member in quotes");
    return index;
  }

  std::optional<operand> array() {
    if (!accept("[")) return std::nullopt;
    operand parsed{operand::origin::literal, {}, json::array()};
    if (accept("]")) return parsed;
    do {
      auto item = literal();
      if (!item) expected_after("a JSON string, number, true, false or null");
      parsed.literal.push_back(std::move(*item));
    } while (accept(","));
    if (!accept("]")) expected_after(", or ]");
    return parsed;
  }

  std::optional<json> literal() {
    if (accept_word("true")) return true;
    if (accept_word("false")) return false;
    if (accept_word("null")) return json{};
    const auto left = rest();
    if (left.starts_with('"')) return string();
    if (left.empty() || (left.front() != '-' && (left.front() < '0' || left.front() > '9'))) return std::nullopt;
    const auto end = std::find_if_not(left.begin(), left.end(), is_number_character);
    return json_token(static_cast<std::size_t>(end - left.begin()), "a JSON number");
  }

  json string() {
    const auto left = rest();
    std::size_t end = 1;
    while (end < left.size() && left[end] != '"') end += left[end] == '\\' ? 2 : 1;
    if (end >= left.size()) expected("a string with a quote at its end");
    return json_token(end + 1, "a JSON string");
  }

  json json_token(std::size_t length, std::string_view wanted) {
    const auto token = text_.substr(at_, length);
    auto read = json::parse(token, nullptr, false);
    if (read.is_discarded()) expected(std::string{wanted});
    take(length);
    return read;
  }

  std::string_view rest() {
    while (at_ < text_.size() && std::string_view{" \t\r\n"}.find(text_[at_]) != std::string_view::npos) ++at_;
    return text_.substr(at_);
  }

  std::string_view peek_word() {
    const auto left = rest();
    const auto end = std::find_if_not(left.begin(), left.end(), is_word_character);
    return left.substr(0, static_cast<std::size_t>(end - left.begin()));
  }

  void take(std::size_t length) {
    last_ = text_.substr(at_, length);
    at_ += length;
  }

  bool accept(std::string_view sign) {
    if (!rest().starts_with(sign)) return false;
    take(sign.size());
    return true;
  }

  bool accept_word(std::string_view word) {
    if (peek_word() != word) return false;
    take(word.size());
    return true;
  }

  std::size_t emit(action what, std::size_t index = 0) {
    program_.steps.push_back({what, static_cast<std::uint32_t>(index)});
    return program_.steps.size() - 1;
  }

  void lead_here(const std::vector<std::size_t>& exits) {
    for (const auto step : exits) program_.steps[step].index = static_cast<std::uint32_t>(program_.steps.size());
  }

  [[noreturn]] void expected(const std::string& what) const {
    const auto column = std::to_string(at_ + 1);
    throw error{ec::invalid_argument, "column " + column + ": expected " + what, {{"column", column}}};
  }

  /// Says what was read last, as far as something was.
  [[noreturn]] void expected_after(const std::string& what) const {
    expected(last_.empty() ? what : what + " after " + std::string{last_});
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string_view last_;
  int depth_ = 0;
  filter_program program_;
};

}  // namespace

result<event_filter> event_filter::parse(std::string_view text) {
  try {
    return event_filter{std::make_shared<const filter_program>(parser{text}.parse())};
  } catch (error& e) {
    return tl::unexpected<error>{std::move(e)};
  }
}

bool event_filter::admits(const event& e) const noexcept {
  return program_->admits(e);
}

bool event_filter::reads_data() const noexcept {
  return program_->reads_data;
}

const std::string& event_filter::text() const noexcept {
  return program_->text;
}

}  // namespace streamspace
