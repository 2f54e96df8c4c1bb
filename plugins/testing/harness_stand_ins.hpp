#pragma once

#include <memory>
#include <utility>
#include <vector>

#include <streamspace/plugins/testing/harness_bus.hpp>

/// In the place of what a harness does not have.
namespace streamspace::testing {

/// SQL of a harness that was given no database.
class refusing_database final : public sql_executor {
 public:
  sql_result execute(const sql_statement&, sql_deadline) override { refuse(); }
  std::unique_ptr<sql_transaction> begin(sql_deadline) override { refuse(); }
  void run_script(const std::string&, sql_deadline) override { refuse(); }

 private:
  [[noreturn]] static void refuse() {
    throw error{ec::unavailable, "this harness has no database; give it one as with_database to use SQL"};
  }
};

/// Emits what is to be logged, and keeps nothing.
class unkept_log final : public event_log_port {
 public:
  explicit unkept_log(std::shared_ptr<harness_bus> bus) : bus_{std::move(bus)} {}

  emit_report emit(event&& e) override { return bus_->emit(std::move(e)); }
  void committed(std::vector<event>&& events) override {
    for (auto& e : events) bus_->emit(std::move(e));
  }
  event_log_page read(const event_log_filter&) override {
    throw error{ec::unavailable, "this harness keeps no log of events; test what reads it against a runtime"};
  }

 private:
  const std::shared_ptr<harness_bus> bus_;
};

}  // namespace streamspace::testing
