#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <streamspace/messages/error.hpp>

namespace streamspace {

class zone_periods;

/// A time zone of the system's tzdata. Cheap to copy; may be used from any thread.
class time_zone {
 public:
  /// UTC.
  time_zone();

  /// The zone of that name ("Europe/Berlin", "UTC"); upper and lower case matter. Reads its file when it is asked for
  /// the first time and keeps it until the process ends, also when tzdata is replaced. Errors: ec::invalid_argument for
  /// a name that tzdata does not have, ec::io_error when tzdata is missing or cannot be read.
  static result<time_zone> find(std::string_view name);

  const std::string& name() const noexcept;
  /// All offsets that the zone has had and will have.
  const zone_periods& periods() const noexcept;

  friend bool operator==(const time_zone& a, const time_zone& b) noexcept { return a.name() == b.name(); }

 private:
  struct rules;
  explicit time_zone(std::shared_ptr<const rules> r) : rules_{std::move(r)} {}
  static std::shared_ptr<const rules> load(const std::string& name);

  std::shared_ptr<const rules> rules_;
};

}  // namespace streamspace
