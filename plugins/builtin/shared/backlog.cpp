#include <streamspace/plugins/builtin/shared/backlog.hpp>

namespace streamspace::builtin {

bool is_passing(const error& e) noexcept {
  switch (e.code()) {
    case ec::timeout:
    case ec::unavailable:
    case ec::database_unreachable:
      return true;
    case ec::database_error: {
      // Classes of SQLSTATE (PostgreSQL manual, appendix A): connection exception, transaction rollback, insufficient
      // resources, operator intervention.
      const auto state = e.fact("sqlstate").substr(0, 2);
      return state == "08" || state == "40" || state == "53" || state == "57";
    }
    default:
      return false;
  }
}

}  // namespace streamspace::builtin
