#include <mutex>

#include <streamspace/actors/fast_turns.hpp>
#include <streamspace/actors/plugin_peers.hpp>
#include <streamspace/actors/turn_pool.hpp>
#include <streamspace/plugins/sdk/blocking_scope.hpp>

namespace streamspace {

namespace {

tl::unexpected<error> not_loaded(const service_request& what) {
  return failure(ec::unavailable, "plugin " + what.provider.substr(0, 80) + ", which is asked for the service " +
                                      what.type.text() + ", is not loaded");
}

}  // namespace

void plugin_peers::add(const std::shared_ptr<plugin_cell>& plugin) {
  const std::lock_guard lock{mutex_};
  std::erase_if(plugins_, [](const auto& each) { return each.second.expired(); });
  plugins_[plugin->name()] = plugin;
}

std::shared_ptr<plugin_cell> plugin_peers::find(const std::string& plugin) const {
  const std::shared_lock lock{mutex_};
  const auto its = plugins_.find(plugin);
  return its == plugins_.end() ? nullptr : its->second.lock();
}

result<void> plugin_peers::call(service_request what, std::chrono::milliseconds deadline) {
  const auto until = service_call::clock::now() + bounded_wait(deadline);
  const auto provider = find(what.provider);
  if (!provider) return not_loaded(what);
  if (provider->waits_for_this_thread())
    return failure(ec::would_deadlock, "plugin " + what.provider + " waits for this very call, so it cannot answer " +
                                           what.type.text() + " before it returns");
  const auto call = service_call::make(std::move(what), plugin_cell::current(), plugin_cell::current_call());
  service_delivery delivery{call->share()};
  if (!provider->is_known_fast(fast_for(deadline)) || !provider->serve_if_idle(delivery))
    provider->push(std::move(delivery));
  if (call->is_answered()) return call->wait_until({});
  turn_pool::together::flush();
  const blocking_scope waits;
  return call->wait_until(until);
}

void plugin_peers::call_then(service_request what, std::chrono::milliseconds deadline,
                             std::function<void(result<void>)> done) {
  const auto provider = find(what.provider);
  if (!provider) return done(not_loaded(what));
  const auto call = service_call::make(std::move(what));
  const std::shared_ptr<service_call> kept{call->share().release(), service_call::reference{}};
  const auto at_deadline = timer_->at(service_call::clock::now() + bounded_wait(deadline), [kept] { kept->expire(); });
  call->then([timer = std::weak_ptr{timer_}, at_deadline, done = std::move(done)](result<void> answer) {
    if (const auto present = timer.lock()) present->cancel(at_deadline);
    done(std::move(answer));
  });
  provider->push(service_delivery{call->share()});
}

}  // namespace streamspace
