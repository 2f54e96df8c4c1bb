#include <streamspace/http/application.hpp>
#include <streamspace/http/router.hpp>

namespace streamspace {

namespace {

constexpr std::string_view versioned_prefix = "/api/v1";

/// "/api/v1/users" becomes "/api/users".
void drop_version(std::string& path) {
  if (!path.starts_with(versioned_prefix)) return;
  if (path.size() > versioned_prefix.size() && path[versioned_prefix.size()] != '/') return;
  path.erase(4, 3);
}

response unauthenticated(const std::string& sentence, bool brought_credentials) {
  auto answer = response::problem(401, to_string(ec::unauthenticated), sentence);
  answer.header("WWW-Authenticate", brought_credentials ? R"(Bearer realm="streamspace", error="invalid_token")"
                                                        : R"(Bearer realm="streamspace")");
  return answer;
}

response with_allow(response answer, method_set allowed) {
  answer.header("Allow", to_allow(allowed));
  return answer;
}

response nothing_there(const request& rq, method_set allowed) {
  if (allowed.none()) return response::problem(404, to_string(ec::not_found), "nothing answers at " + rq.path);
  if (rq.method == "OPTIONS") return with_allow(response::no_content(), allowed);
  return with_allow(response::problem(405, to_string(ec::invalid_argument),
                                      rq.path + " does not answer " + rq.method + ", only " + to_allow(allowed)),
                    allowed);
}

}  // namespace

/// A list of endpoints and the router over it; the router's indices are the list's.
struct application::table {
  std::shared_ptr<const endpoint_list> endpoints;
  router routes;
};

/// Where a request goes.
struct application::choice {
  const endpoint* target = nullptr;   ///< Null when nothing answers this method there.
  std::shared_ptr<const table> keep;  ///< Keeps a plugin's endpoint while it is called, whatever is published then.
  name_values params;
  method_set allowed;  ///< What answers there instead.
};

application::application(application_options options, endpoint_list core, live_routes& plugins)
    : options_{std::move(options)}, live_{plugins} {
  if (!options_.authenticate) throw error{ec::invalid_argument, "the application has no way to authenticate callers"};
  if (options_.answered) answered_ = std::make_shared<const access_hook>(std::move(options_.answered));
  auto list = std::make_shared<const endpoint_list>(std::move(core));
  for (const auto& e : *list)
    if (!e.dispatch) throw error{ec::invalid_argument, e.method + " " + e.path + " has no handler"};
  std::vector<route> patterns;
  for (const auto& e : *list) patterns.push_back({e.method, e.path, patterns.size()});
  std::vector<router::refused_route> refused;
  auto routes = router::build(patterns, refused);
  if (!refused.empty())
    throw error{refused.front().taken ? ec::already_exists : ec::invalid_argument, refused.front().why};
  core_ = std::make_unique<const table>(table{std::move(list), std::move(routes)});
  live_.follow([this](std::shared_ptr<const endpoint_list> now) { follow(std::move(now)); });
}

application::~application() {
  live_.follow({});
}

void application::follow(std::shared_ptr<const endpoint_list> list) {
  std::vector<route> patterns;
  std::vector<router::refused_route> refused;
  patterns.reserve(list->size());
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto& e = (*list)[i];
    // A pattern's own text stands for the paths it takes: a core parameter takes its `:name` as it would take any other
    // segment.
    const auto shadow = core_->routes.match(e.method, e.path);
    if (shadow.what == route_match::outcome::matched && !shadow.by_rest) {
      const auto& owner = (*core_->endpoints)[shadow.index];
      refused.push_back(
          {i, true, e.method + " " + e.path + " is taken by the platform's " + owner.method + " " + owner.path});
    } else if (!e.dispatch) {
      refused.push_back({i, false, e.method + " " + e.path + " has no handler"});
    } else {
      patterns.push_back({e.method, e.path, i});
    }
  }
  auto routes = router::build(patterns, refused);
  if (options_.route_refused)
    for (const auto& r : refused) options_.route_refused((*list)[r.index], r.why);
  auto fresh = std::make_shared<const table>(table{std::move(list), std::move(routes)});
  std::lock_guard lock{mutex_};
  plugins_.swap(fresh);
}

std::shared_ptr<const application::table> application::plugin_table() const {
  std::lock_guard lock{mutex_};
  return plugins_;
}

application::choice application::choose(const request& rq) const {
  using enum route_match::outcome;
  auto core = core_->routes.match(rq.method, rq.path);
  if (core.what == matched && !core.by_rest)
    return {&(*core_->endpoints)[core.index], nullptr, std::move(core.params), {}};
  auto plugins = plugin_table();
  auto plugin = plugins->routes.match(rq.method, rq.path);
  if (plugin.what == matched) {
    const auto* target = &(*plugins->endpoints)[plugin.index];
    return {target, std::move(plugins), std::move(plugin.params), {}};
  }
  if (core.what == matched) return {&(*core_->endpoints)[core.index], nullptr, std::move(core.params), {}};
  return {nullptr, nullptr, {}, core.allowed | plugin.allowed};
}

result<principal> application::admit(const endpoint& route, const request& rq) const {
  auto caller = options_.authenticate(rq);
  if (route.who == access::open && route.permissions.empty()) return std::move(caller).value_or(principal{});
  if (!caller) return caller;
  if (!caller->signed_in())
    return failure(ec::unauthenticated,
                   rq.method + " " + rq.path + " needs a token; send it as 'Authorization: Bearer TOKEN'");
  if (route.who == access::admin && caller->role != "admin")
    return failure(ec::permission_denied, rq.method + " " + rq.path + " needs the role 'admin'");
  for (const auto& permission : route.permissions)
    if (!caller->may(permission))
      return failure(ec::permission_denied, rq.method + " " + rq.path + " needs the permission '" + permission + "'");
  return caller;
}

responder application::observed(const request& rq, std::chrono::steady_clock::time_point begin,
                                responder answer) const {
  if (!answered_) return answer;
  struct watch {
    std::chrono::steady_clock::time_point begin;
    access_record record;
    responder answer;
    std::shared_ptr<const access_hook> tell;
  };
  access_record record{rq.method, rq.path, 0, {}, rq.caller.subject, rq.remote_address, rq.id};
  auto w = std::make_shared<watch>(watch{begin, std::move(record), std::move(answer), answered_});
  return responder{[w = std::move(w)](response given) {
    w->record.status = given.status;
    w->record.took = std::chrono::steady_clock::now() - w->begin;
    w->answer(std::move(given));
    (*w->tell)(w->record);
  }};
}

void application::operator()(request rq, responder answer) const {
  const auto begin = std::chrono::steady_clock::now();
  if (rq.method == "OPTIONS" && rq.path == "*") {
    observed(rq, begin, std::move(answer))(with_allow(response::no_content(), method_set{}.set()));
    return;
  }
  drop_version(rq.path);
  auto found = choose(rq);
  if (!found.target) {
    observed(rq, begin, std::move(answer))(nothing_there(rq, found.allowed));
    return;
  }
  auto caller = admit(*found.target, rq);
  if (!caller) {
    const bool brought_credentials = !rq.header("authorization").empty();
    observed(rq, begin, std::move(answer))(caller.error().code() == ec::unauthenticated
                                               ? unauthenticated(caller.error().message(), brought_credentials)
                                               : response::from_error(caller.error()));
    return;
  }
  rq.caller = std::move(*caller);
  rq.params = std::move(found.params);
  auto watched = observed(rq, begin, std::move(answer));
  found.target->dispatch(std::move(rq), std::move(watched));
}

}  // namespace streamspace
