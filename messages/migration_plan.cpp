#include <streamspace/messages/error.hpp>
#include <streamspace/messages/migration_plan.hpp>

namespace streamspace {

std::string label_of(int version, std::string_view name) {
  return std::to_string(version) + " (" + std::string{name} + ")";
}

std::span<const migration> plan_migrations(std::span<const migration> known, std::span<const applied_migration> applied,
                                           std::string_view whose) {
  const std::string who{whose};
  for (std::size_t i = 0; i < applied.size(); ++i) {
    const auto& was = applied[i];
    if (i >= known.size())
      throw error{ec::conflict, "the database is newer than " + who + ": it has had migration " +
                                    label_of(was.version, was.name) + ", and " + who + " knows " +
                                    std::to_string(known.size()) +
                                    "; start the newer one, or restore a backup made before it ran"};
    if (was.version != known[i].version || was.name != known[i].name || was.checksum != known[i].checksum)
      throw error{ec::conflict, "the database has had migration " + label_of(was.version, was.name) +
                                    ", which is not " + label_of(known[i].version, known[i].name) + " of " + who +
                                    ": a released migration was changed; start the version that made the database"};
  }
  return known.subspan(applied.size());
}

}  // namespace streamspace
