#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>

#include <date/tz.h>

#include <streamspace/plugins/schedule/in_quotes.hpp>
#include <streamspace/plugins/schedule/time_zone.hpp>
#include <streamspace/plugins/schedule/zone_periods.hpp>

namespace streamspace {

namespace {

/// Where the date library, which does not say it, looks for zones on Linux.
const std::filesystem::path zone_folder = "/usr/share/zoneinfo";

/// The rule for the time after the last change that the zone's file lists. The date library passes over it, and so has
/// no summer time after 2037. It is the last line of the file.
std::optional<posix_zone_rule> rule_of(const std::string& name) {
  std::ifstream file{zone_folder / name, std::ios::binary};
  const std::string content{std::istreambuf_iterator<char>{file}, {}};
  if (!content.starts_with("TZif") || !content.ends_with('\n'))
    throw error{ec::io_error,
                "'" + (zone_folder / name).string() + "' cannot be read as a time zone; install tzdata anew"};
  const auto begin = content.rfind('\n', content.size() - 2) + 1;
  return posix_zone_rule::parse(std::string_view{content}.substr(begin, content.size() - 1 - begin));
}

zone_periods periods_of(const date::time_zone& zone) {
  auto info = zone.get_info(date::sys_days{date::year::min() / 1 / 1});
  const auto first_offset = info.offset;
  std::vector<zone_change> changes;
  for (const date::sys_seconds end_of_time{date::sys_days{date::year::max() / 1 / 1}}; info.end < end_of_time;) {
    info = zone.get_info(info.end);
    changes.push_back({std::chrono::sys_seconds{info.begin.time_since_epoch()}, info.offset});
  }
  return zone_periods{first_offset, changes, rule_of(zone.name())};
}

}  // namespace

struct time_zone::rules {
  std::string name;
  zone_periods periods;
};

time_zone::time_zone() {
  static const auto utc = std::make_shared<const rules>(rules{"UTC", zone_periods{std::chrono::seconds{0}, {}, {}}});
  rules_ = utc;
}

const std::string& time_zone::name() const noexcept {
  return rules_->name;
}
const zone_periods& time_zone::periods() const noexcept {
  return rules_->periods;
}

std::shared_ptr<const time_zone::rules> time_zone::load(const std::string& name) {
  try {
    date::get_tzdb();
  } catch (const std::exception& e) {
    throw error{ec::io_error, "there is no time zone data in " + zone_folder.string() + " (" + e.what() +
                                  "); install tzdata, or use the zone UTC"};
  }
  const date::time_zone* zone = nullptr;
  try {
    zone = date::locate_zone(name);
  } catch (const std::exception&) {
    throw error{ec::invalid_argument,
                "there is no time zone " + in_quotes(name) + "; zones have names like Europe/Berlin"};
  }
  try {
    return std::make_shared<const rules>(rules{name, periods_of(*zone)});
  } catch (const error&) {
    throw;
  } catch (const std::exception& e) {
    throw error{ec::io_error, "the time zone " + name + " cannot be read (" + e.what() + "); install tzdata anew"};
  }
}

result<time_zone> time_zone::find(std::string_view name) {
  if (name == "UTC") return time_zone{};
  static std::mutex guard;
  static std::map<std::string, std::shared_ptr<const rules>, std::less<>> known;
  const std::lock_guard lock{guard};
  if (const auto found = known.find(name); found != known.end()) return time_zone{found->second};
  try {
    return time_zone{known.emplace(name, load(std::string{name})).first->second};
  } catch (const error& e) {
    return tl::unexpected{e};
  }
}

}  // namespace streamspace
