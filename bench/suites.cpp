#include <bench/bus/bus_suite.hpp>
#include <bench/db/db_suite.hpp>
#include <bench/plugins/plugins_suite.hpp>
#include <bench/scheduler/scheduler_suite.hpp>
#include <bench/suite.hpp>

namespace streamspace::bench {

const std::vector<suite>& all_suites() {
  static const std::vector<suite> suites{bus_suite(), db_suite(), plugins_suite(), scheduler_suite()};
  return suites;
}

}  // namespace streamspace::bench
