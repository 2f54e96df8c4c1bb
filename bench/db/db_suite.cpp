#include <memory>
#include <optional>

#include <bench/db/database_server.hpp>
#include <bench/db/db_suite.hpp>
#include <bench/db/event_log_load.hpp>
#include <bench/db/pgbench.hpp>
#include <bench/db/row_stream.hpp>
#include <bench/db/storage_load.hpp>
#include <bench/statistics.hpp>

namespace streamspace::bench {

namespace {

/// Started by the first measurement that needs it.
class lazy_server {
 public:
  std::string url() {
    if (!server_) server_.emplace();
    return server_->url();
  }

 private:
  std::optional<database_server> server_;
};

const std::string keys = R"(\set k random(1, )" + std::to_string(stored_keys) + ")\n";

/// The statements that storage itself would send for one key.
const std::string upsert = keys +
                           "INSERT INTO plugin_storage (plugin_name, key, value) "
                           "VALUES ('pgbench', 'key-' || :k, '{\"n\": 42}') ON CONFLICT (plugin_name, key) "
                           "DO UPDATE SET value = EXCLUDED.value, updated_at = now();\n";
const std::string select =
    keys + "SELECT value FROM plugin_storage WHERE plugin_name = 'pgbench' AND key = 'key-' || :k;\n";

suite_content db_content() {
  suite_content content;
  const auto server = std::make_shared<lazy_server>();
  const auto add = [&](std::string name, const char* param, std::size_t n, std::function<double()> run) {
    content.measurements.push_back(measurement_of({std::move(name), {{param, n}}, "operations/s"}, std::move(run)));
  };
  for (const std::size_t n : {1, 64}) {
    add("db.set", "callers", n, [=] { return storage_sets(server->url(), n); });
    add("peer.pgbench.set", "clients", n, [=] { return pgbench_rate(server->url(), upsert, n); });
  }
  for (const std::size_t n : {1, 16}) {
    add("db.get", "callers", n, [=] { return storage_gets(server->url(), n); });
    add("peer.pgbench.get", "clients", n, [=] { return pgbench_rate(server->url(), select, n); });
  }
  content.measurements.push_back({{{"db.stream_rows", {{"rows", streamed_rows}}, "rows/s"},
                                   {"db.stream_growth", {{"rows", streamed_rows}}, "MiB"}},
                                  [=] {
                                    const auto run = stream_rows(server->url());
                                    return std::vector{run.rows_per_second, run.growth};
                                  }});
  content.measurements.push_back(measurement_of({"peer.libpq.stream_rows", {{"rows", streamed_rows}}, "rows/s"},
                                                [=] { return libpq_single_rows(server->url()); }));
  content.measurements.push_back(
      {{{"db.outbox_latency_ms", {{"quantile", 0.5}}, "ms"}, {"db.outbox_latency_ms", {{"quantile", 0.99}}, "ms"}},
       [=] {
         const auto took = outbox_latencies(server->url());
         return std::vector{quantile_of(took, 0.5), quantile_of(took, 0.99)};
       }});
  const auto durable = [](std::size_t emitters, const char* acknowledged) {
    return bar::figure_name{"db.durable_events", {{"acknowledged", acknowledged}, {"emitters", emitters}}};
  };
  const auto add_durable = [&](const bar::figure_name& of, std::size_t emitters, acknowledgement wanted) {
    content.measurements.push_back(measurement_of({of.name, of.params, "events/s"},
                                                  [=] { return durable_events(server->url(), emitters, wanted); }));
  };
  add_durable(durable(1, "none"), 1, acknowledgement::none);
  add_durable(durable(64, "each"), 64, acknowledgement::each);
  const auto beside = [](const char* what, int n, double limit) {
    return bar{{std::string{"db."} + what, {{"callers", n}}},
               bar::figure_name{std::string{"peer.pgbench."} + what, {{"clients", n}}},
               bar::sense::at_least,
               limit};
  };
  const auto streamed = [](std::string name) { return bar::figure_name{std::move(name), {{"rows", streamed_rows}}}; };
  content.bars = {beside("set", 64, 5),
                  beside("set", 1, 0.7),
                  beside("get", 16, 1),
                  {streamed("db.stream_rows"), streamed("peer.libpq.stream_rows"), bar::sense::at_least, 0.8},
                  {streamed("db.stream_growth"), {}, bar::sense::at_most, 1},
                  {{"db.outbox_latency_ms", {{"quantile", 0.5}}}, {}, bar::sense::at_most, 10},
                  {durable(1, "none"), {}, bar::sense::at_least, 20'000}};
  return content;
}

}  // namespace

suite db_suite() {
  return {"db", "storage and SQL of plugins, beside pgbench and libpq on the same server", db_content};
}

}  // namespace streamspace::bench
