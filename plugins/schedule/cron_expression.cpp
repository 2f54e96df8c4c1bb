#include <algorithm>
#include <array>
#include <vector>

#include <streamspace/plugins/schedule/calendar_words.hpp>
#include <streamspace/plugins/schedule/cron_expression.hpp>
#include <streamspace/plugins/schedule/cron_field_text.hpp>
#include <streamspace/plugins/schedule/duration_text.hpp>
#include <streamspace/plugins/schedule/in_quotes.hpp>

namespace streamspace {

namespace {

constexpr std::size_t longest = 1'000;
constexpr std::string_view spaces = " \t\r\n\v\f";

struct shorthand {
  std::string_view name;
  std::string_view fields;
};

constexpr std::array shorthands{shorthand{"@hourly", "0 * * * *"},   shorthand{"@daily", "0 0 * * *"},
                                shorthand{"@midnight", "0 0 * * *"}, shorthand{"@weekly", "0 0 * * 0"},
                                shorthand{"@monthly", "0 0 1 * *"},  shorthand{"@yearly", "0 0 1 1 *"},
                                shorthand{"@annually", "0 0 1 1 *"}};

struct word {
  std::size_t at;
  std::string_view text;
};

std::vector<word> words_of(std::string_view text) {
  std::vector<word> words;
  for (auto begin = text.find_first_not_of(spaces); begin != std::string_view::npos;) {
    const auto end = std::min(text.find_first_of(spaces, begin), text.size());
    words.push_back({begin, text.substr(begin, end - begin)});
    begin = text.find_first_not_of(spaces, end);
  }
  return words;
}

/// From 1, in characters of UTF-8.
std::size_t column_of(std::string_view text, std::size_t at) {
  std::size_t column = 1;
  for (const char c : text.substr(0, at))
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++column;
  return column;
}

/// The first day of the month and month that the fields name together, though the calendar does not have it, for an
/// error; nothing when some day of some month comes.
std::optional<std::string> impossible_date(const cron_fields& fields) {
  if (fields.either_day()) return std::nullopt;
  constexpr std::array<int, 13> longest_month{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  std::vector<std::string> days;
  std::vector<std::string> months;
  for (std::size_t m = 1; m <= 12; ++m) {
    if ((fields.months >> m & 1U) == 0) continue;
    if ((fields.days & ((std::uint64_t{2} << static_cast<unsigned>(longest_month[m])) - 1)) != 0) return std::nullopt;
    months.emplace_back(month_words[m]);
  }
  for (int d = 1; d <= 31; ++d)
    if ((fields.days >> static_cast<unsigned>(d) & 1U) != 0) days.push_back(std::to_string(d));
  return listed(days) + (days.size() == 1 ? " does" : " do") + " not exist in " + listed(months, "or");
}

}  // namespace

class cron_expression::reader {
 public:
  reader(std::string_view text, cron_syntax syntax) : text_{text}, syntax_{syntax} {}

  result<cron_expression> read() {
    into_.text_ = text_;
    if (text_.size() > longest)
      return fault("expression", longest, "it is longer than " + std::to_string(longest) + " bytes");
    words_ = words_of(text_);
    if (auto done = read_zone(); !done) return tl::unexpected{done.error()};
    auto done = words_.empty()
                    ? fault("expression", text_.size(), into_.zone_ ? "nothing follows the time zone" : "it is empty")
                : words_.front().text.starts_with('@') ? read_shorthand()
                                                       : read_fields();
    if (!done) return tl::unexpected{done.error()};
    return std::move(into_);
  }

 private:
  using outcome = result<void>;

  tl::unexpected<error> fault(std::string_view field, std::size_t at, const std::string& what) const {
    const auto column = std::to_string(column_of(text_, at));
    return failure(ec::invalid_argument, std::string{field} + ": " + what + ", at column " + column,
                   {{"field", std::string{field}}, {"column", column}});
  }

  outcome read_zone() {
    if (words_.empty()) return {};
    auto [at, name] = words_.front();
    const auto equals = name.find('=');
    if (!name.starts_with("TZ=") && !name.starts_with("CRON_TZ=")) return {};
    at += equals + 1;
    name.remove_prefix(equals + 1);
    if (name.empty()) return fault("time zone", at, "a name is missing after '='");
    auto zone = time_zone::find(name);
    if (!zone && zone.error().code() != ec::invalid_argument) return tl::unexpected{zone.error()};
    if (!zone) return fault("time zone", at, zone.error().message());
    into_.zone_ = *std::move(zone);
    words_.erase(words_.begin());
    return {};
  }

  outcome read_shorthand() {
    const auto& [at, name] = words_.front();
    if (name == "@every") return read_every();
    for (const auto& known : shorthands) {
      if (known.name != name) continue;
      if (words_.size() > 1) return fault("expression", words_[1].at, "nothing may follow " + std::string{name});
      words_ = words_of(known.fields);
      syntax_ = cron_syntax::minutes;
      return read_fields();
    }
    if (name == "@reboot")
      return fault("expression", at, "@reboot is not supported; do in on_load what is to be done at each start");
    return fault("expression", at,
                 in_quotes(name) +
                     " is not known; there are @hourly, @daily, @midnight, @weekly, @monthly, @yearly, "
                     "@annually and @every");
  }

  outcome read_every() {
    if (words_.size() < 2) return fault("@every", text_.size(), "a duration is missing, such as 1h30m");
    const auto& [at, text] = words_[1];
    if (words_.size() > 2)
      return fault("@every", words_[2].at, "nothing may follow the duration; write it without spaces, such as 1h30m");
    const auto duration = parse_duration(text);
    if (!duration) return fault("@every", at + duration.error().at, duration.error().what);
    if (duration->count() <= 0) return fault("@every", at, in_quotes(text) + " is not above 0");
    into_.fields_ = {};
    into_.fields_.seconds = 0;
    into_.interval_ = std::max(std::chrono::seconds{1}, std::chrono::floor<std::chrono::seconds>(*duration));
    return {};
  }

  outcome read_fields() {
    const std::size_t left_out = syntax_ == cron_syntax::seconds ? 0 : 1;
    const auto wanted = 6 - left_out;
    if (words_.size() != wanted) return wrong_count(wanted);
    std::array<cron_field_values, 6> read{cron_field_values{1}};
    for (std::size_t i = 0; i < wanted; ++i) {
      const auto field = static_cast<cron_field>(i + left_out);
      const auto values = parse_cron_field(field, words_[i].text);
      if (!values) return fault(to_string(field), words_[i].at + values.error().at, values.error().what);
      read[i + left_out] = *values;
    }
    const auto& [second, minute, hour, day, month, weekday] = read;
    const auto narrow = [](const cron_field_values& v) { return static_cast<std::uint32_t>(v.bits); };
    into_.fields_ = {second.bits,     minute.bits, narrow(hour), narrow(day), narrow(month),
                     narrow(weekday), minute.star, hour.star,    day.star,    weekday.star};
    if (const auto never = impossible_date(into_.fields_))
      return fault(to_string(cron_field::day_of_month), words_[wanted - 3].at, *never);
    return {};
  }

  outcome wrong_count(std::size_t wanted) const {
    const auto count = words_.size();
    const auto at = count > wanted ? words_[wanted].at : text_.size();
    auto what = std::to_string(count) + (count == 1 ? " field" : " fields") + " where " + std::to_string(wanted) +
                " are wanted (" + (wanted == 6 ? "second " : "") + "minute hour day-of-month month day-of-week)";
    if (wanted == 5 && count == 6) what += "; a field for seconds has to be asked for";
    return fault("expression", at, what);
  }

  std::string_view text_;
  cron_syntax syntax_;
  std::vector<word> words_;
  cron_expression into_;
};

result<cron_expression> cron_expression::parse(std::string_view text, cron_syntax syntax) {
  return reader{text, syntax}.read();
}

}  // namespace streamspace
