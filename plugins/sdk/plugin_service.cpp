#include <cstdlib>
#include <cxxabi.h>

#include <streamspace/plugins/sdk/plugin_service.hpp>
#include <streamspace/plugins/sdk/service_answers.hpp>

namespace streamspace {

std::string service_type::text() const {
  const std::unique_ptr<char, void (*)(void*)> readable{abi::__cxa_demangle(name.c_str(), nullptr, nullptr, nullptr),
                                                        std::free};
  std::string named = readable ? readable.get() : name;
  if (version != 0) named += " version " + std::to_string(version);
  return named;
}

error not_offered(const service_request& what) {
  return {ec::not_found, "plugin " + what.provider + " offers no service " + what.type.text() + " now"};
}

error thrown_by(const service_request& what) {
  try {
    throw;
  } catch (const error& e) {
    return e;
  } catch (...) {
    const auto text = describe_current_exception();
    return {ec::plugin_failed, "the service " + what.type.text() + " of plugin " + what.provider + " threw " +
                                   text.type + ": " + text.what};
  }
}

service_link::service_link(std::shared_ptr<service_port> port, std::shared_ptr<awaited_reports> awaited,
                           std::shared_ptr<const void> code, ends between)
    : port_{std::move(port)}, awaited_{std::move(awaited)}, code_{std::move(code)}, between_{std::move(between)} {}

result<void> service_link::call(task run) const {
  return port_->call({between_.provider, between_.type, code_, std::move(run)}, between_.deadline);
}

std::function<void()> service_link::prepared(task run, callback done) const {
  return [port = port_, deadline = between_.deadline,
          what = service_request{between_.provider, between_.type, code_, std::move(run)},
          done = awaited_->expect(awaited_reports::callback<result<void>>{std::move(done)})] {
    port->call_then(what, deadline, done);
  };
}

}  // namespace streamspace
