#include <cstdio>
#include <memory>
#include <string>

#include <cli/cron.hpp>

#include <streamspace/plugins/schedule/cron_schedule.hpp>
#include <streamspace/plugins/schedule/cron_words.hpp>
#include <streamspace/plugins/schedule/in_quotes.hpp>

namespace streamspace {

namespace {

/// Of `cron next` alone; elsewhere 3 stands for a database that is missing.
constexpr int never_due = 3;

struct cron_options {
  std::string expression;
  bool seconds = false;
  std::string from;
  std::string zone = "UTC";
  std::string dst = "vixie";
  int count = 1;

  cron_expression parsed() const {
    return value_or_raise(cron_expression::parse(expression, seconds ? cron_syntax::seconds : cron_syntax::minutes));
  }
};

timestamp instant_of(const std::string& from) {
  if (from.empty()) return now();
  const auto read = parse_rfc3339(from);
  if (!read)
    throw error{ec::invalid_argument,
                "--from: " + in_quotes(from) + " is no instant of RFC 3339, such as 2026-03-29T00:00:00Z"};
  return *read;
}

time_zone zone_of(const std::string& name) {
  auto zone = time_zone::find(name);
  if (!zone) throw error{zone.error().code(), "--tz: " + zone.error().message()};
  return *std::move(zone);
}

int print_next(const cron_options& options) {
  const cron_schedule schedule{options.parsed(), zone_of(options.zone), parse_dst_rule(options.dst).value()};
  const auto from = instant_of(options.from);
  auto due = schedule.next(from);
  if (!due) {
    std::fprintf(stderr, "streamspace: the expression is never due after %s\n", to_rfc3339(from).c_str());
    return never_due;
  }
  constexpr int without_fraction = 19;
  for (int printed = 0; due && printed < options.count; ++printed, due = schedule.next(*due))
    std::printf("%.*sZ\n", without_fraction, to_rfc3339(*due).c_str());
  return 0;
}

int print_description(const cron_options& options) {
  std::printf("%s\n", describe(options.parsed()).c_str());
  return 0;
}

}  // namespace

void add_cron(CLI::App& cron, std::function<int()>& run) {
  cron.require_subcommand(1);
  cron.fallthrough();
  const auto options = std::make_shared<cron_options>();
  const auto command = [&](const char* name, const char* description, int (*action)(const cron_options&)) {
    auto* sub = cron.add_subcommand(name, description);
    sub->fallthrough();
    sub->add_option("EXPR", options->expression, "The expression, in quotes: \"0 9 * * MON-FRI\", \"@every 90s\"")
        ->required();
    sub->add_flag("--seconds", options->seconds, "The expression has six fields, the first for the second");
    sub->parse_complete_callback([&run, options, action] { run = [options, action] { return action(*options); }; });
    return sub;
  };
  auto* next = command("next", "Prints when an expression is due, in UTC; exits with 3 if it never is", print_next);
  next->add_option("--from", options->from, "Instant of RFC 3339 after which to look; now if not given");
  next->add_option("--tz", options->zone, "Zone of an expression that names none, such as Europe/Berlin")
      ->capture_default_str();
  next->add_option("--dst", options->dst,
                   "Where clocks change: vixie runs jobs at fixed times once, wall as the clock shows")
      ->capture_default_str()
      ->check(CLI::IsMember({"vixie", "wall"}));
  next->add_option("--count", options->count, "Instants to print; fewer if there are no more")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  command("describe", "Says in words when an expression is due", print_description);
}

}  // namespace streamspace
