// The plugin that the benchmark reloads while events and requests come.
#include <streamspace/plugin.hpp>

namespace ss = streamspace;

namespace {

class counting final : public ss::base_plugin {
 public:
  void on_load(ss::plugin_context& ctx) override {
    ctx.events().on("bench.tick", [this](const ss::event& e) {
      const auto number = e.data().at("number").get<std::int64_t>();
      out_of_order_ += number == last_ + 1 ? 0 : 1;
      last_ = number;
      ++count_;
    });
    ctx.api().get("/count", [this](const ss::request&) {
      return ss::json{{"count", count_}, {"outOfOrder", out_of_order_}};
    });
  }
  ss::json save_state(ss::plugin_context&) override {
    return {{"count", count_}, {"last", last_}, {"outOfOrder", out_of_order_}};
  }
  void restore_state(ss::plugin_context&, const ss::saved_state& from) override {
    from.data.at("count").get_to(count_);
    from.data.at("last").get_to(last_);
    from.data.at("outOfOrder").get_to(out_of_order_);
  }

 private:
  std::int64_t count_ = 0;
  std::int64_t last_ = 0;
  std::int64_t out_of_order_ = 0;
};

}  // namespace

STREAMSPACE_PLUGIN(counting);
