#include <algorithm>
#include <array>
#include <utility>

#include <streamspace/messages/error.hpp>
#include <streamspace/messages/names.hpp>
#include <streamspace/plugins/sdk/registrations.hpp>
#include <streamspace/plugins/sdk/storage_watches.hpp>

namespace streamspace {

namespace {

constexpr std::array<std::string_view, 5> methods{"GET", "POST", "PUT", "PATCH", "DELETE"};
constexpr std::size_t max_path = 500;
/// What one plugin may register of each kind; past it a fault in the plugin is likelier than a need.
constexpr std::size_t max_items = 10'000;

void demand_room(std::string_view plugin, std::string_view what, std::size_t present) {
  if (present >= max_items)
    throw error{ec::invalid_argument, "plugin " + std::string{plugin} + " has registered 10,000 " + std::string{what} +
                                          " already; it may not register more"};
}

/// The path with every parameter's name taken out, so that /a/:x and /a/:y count as the same route.
std::string shape_of(std::string_view path) {
  std::string shape;
  bool skipping = false;
  for (const char c : path) {
    if (c == '/') skipping = false;
    if (!skipping) shape += c;
    if ((c == ':' || c == '*') && shape.size() > 1 && shape[shape.size() - 2] == '/') skipping = true;
  }
  return shape;
}

std::string why_not_a_path(std::string_view path) {
  if (path.empty() || path.front() != '/') return "must begin with '/'";
  if (path.size() > max_path) return "is longer than 500 bytes";
  if (path.size() > 1 && path.back() == '/') return "must not end with '/'";
  for (std::size_t at = 0; at < path.size();) {
    const auto end = std::min(path.find('/', at + 1), path.size());
    const auto segment = path.substr(at + 1, end - at - 1);
    if (segment.empty() && path.size() > 1) return "must not have an empty segment";
    if (segment == "." || segment == "..") return "must not have dot segments";
    if (segment == ":" || segment == "*") return "has a parameter without a name";
    if (segment.starts_with('*') && end != path.size()) return "may have a '*' parameter only at its end";
    for (const char c : segment)
      if (c <= ' ' || c == '?' || c == '#' || c == '%' || c == '\\' || c == '\x7f')
        return "must not have white space, control bytes, '?', '#', '%' or '\\'";
    at = end;
  }
  return {};
}

/// A handler, and the code that it is made of, which goes after it.
template <class T, class... Args>
std::shared_ptr<T> keeping(std::shared_ptr<const void> code, Args&&... args) {
  struct kept {
    explicit kept(std::shared_ptr<const void> its_code, Args&&... how)
        : code{std::move(its_code)}, value{std::forward<Args>(how)...} {}
    std::shared_ptr<const void> code;
    T value;
  };
  auto whole = std::make_shared<kept>(std::move(code), std::forward<Args>(args)...);
  auto* const value = &whole->value;
  return {std::move(whole), value};
}

template <class T, class Entries>
std::vector<T> values_of(const Entries& entries) {
  std::vector<T> values;
  values.reserve(entries.size());
  for (const auto& e : entries) values.push_back(e.value);
  return values;
}

}  // namespace

template <class T>
std::vector<registrations::entry<T>>& registrations::changing_list<T>::change() {
  if (!changed) before = now;
  changed = true;
  return now;
}

template <class T>
template <class Predicate>
std::size_t registrations::changing_list<T>::remove(Predicate goes) {
  if (std::none_of(now.begin(), now.end(), goes)) return 0;
  return std::erase_if(change(), goes);
}

template <class T>
void registrations::changing_list<T>::roll_back() {
  if (!changed) return;
  now = std::move(before);
  before.clear();
  changed = false;
}

template <class T>
void registrations::changing_list<T>::hand_over(registration_sink& sink) {
  if (!changed) return;
  handed_over = true;
  sink.publish(values_of<T>(now));
}

template <class T>
void registrations::changing_list<T>::take_back(registration_sink& sink) noexcept {
  if (!std::exchange(handed_over, false)) return;
  try {
    sink.publish(values_of<T>(before));
  } catch (...) {  // The registries drop all that a plugin has when it goes, and it goes when its hook failed.
  }
}

template <class T>
void registrations::changing_list<T>::settle() {
  before.clear();
  changed = handed_over = false;
}

subscription& registrations::subscribe(std::string pattern, event_handler handler) {
  if (!is_event_pattern(pattern))
    throw error{
        ec::invalid_argument,
        "'" + pattern.substr(0, 80) + "' is not an event pattern: use 'session.created', 'session.*' or 'session.>'"};
  if (!handler) throw error{ec::invalid_argument, "the handler for '" + pattern + "' is empty"};
  demand_room(plugin_, "subscriptions", subscriptions_.now.size());
  auto made = keeping<subscription>(code_);
  made->plugin = plugin_;
  made->pattern = std::move(pattern);
  made->handler = std::move(handler);
  return *subscriptions_.change().emplace_back(entry<subscription_ptr>{std::move(made), scope_}).value;
}

std::size_t registrations::unsubscribe(std::string_view pattern) {
  return subscriptions_.remove([&](const auto& e) { return e.value->pattern == pattern; });
}

void registrations::unsubscribe(const subscription& which) {
  subscriptions_.remove([&](const auto& e) { return e.value.get() == &which; });
}

plugin_route& registrations::add_route(plugin_route route) {
  const auto label = route.method + " " + route.path.substr(0, 80);
  if (std::find(methods.begin(), methods.end(), route.method) == methods.end())
    throw error{ec::invalid_argument, "route " + label + ": the method may be GET, POST, PUT, PATCH or DELETE"};
  if (const auto fault = why_not_a_path(route.path); !fault.empty())
    throw error{ec::invalid_argument, "route " + label + ": the path " + fault};
  if (!route.handler) throw error{ec::invalid_argument, "route " + label + ": the handler is empty"};
  demand_room(plugin_, "routes", routes_.now.size());
  const auto shape = shape_of(route.path);
  for (const auto& e : routes_.now)
    if (e.value->method == route.method && shape_of(e.value->path) == shape)
      throw error{ec::already_exists,
                  "route " + label + " of plugin " + plugin_ + " is registered already, as " + e.value->path};
  return *routes_.change()
              .emplace_back(entry<plugin_route_ptr>{keeping<plugin_route>(code_, std::move(route)), scope_})
              .value;
}

const plugin_route* registrations::route_like(const plugin_route& other) const {
  const auto shape = shape_of(other.path);
  for (const auto& e : routes_.now)
    if (e.value->method == other.method && shape_of(e.value->path) == shape) return e.value.get();
  return nullptr;
}

void registrations::deactivate_routes() {
  for (const auto& e : routes_.now) e.value->active = false;
}

bool registrations::remove_route(std::string_view method, std::string_view path) {
  return routes_.remove([&](const auto& e) { return e.value->method == method && e.value->path == path; }) > 0;
}

void registrations::add_component(ui_component component) {
  demand_room(plugin_, "UI components", components_.now.size());
  for (const auto& e : components_.now)
    if (e.value.kind == component.kind && e.value.id == component.id)
      throw error{ec::already_exists, "plugin " + plugin_ + " has registered '" + component.id + "' among " +
                                          std::string{list_name(component.kind)} + " already; choose another id"};
  components_.change().push_back({std::move(component), scope_});
}

bool registrations::remove_component(ui_kind kind, std::string_view id) {
  return components_.remove([&](const auto& e) { return e.value.kind == kind && e.value.id == id; }) > 0;
}

void registrations::add_watch(storage_watch_ptr watch) {
  demand_room(plugin_, "storage watches", watches_.now.size());
  watches_.change().push_back({std::move(watch), scope_});
}

std::size_t registrations::remove_watches(std::string_view prefix) {
  return watches_.remove([&](const auto& e) { return e.value->prefix == prefix; });
}

void registrations::add_service(service_offer offer) {
  if (offer.type.name.find("_GLOBAL__N_") != std::string::npos)
    throw error{ec::invalid_argument, offer.type.text() +
                                          " cannot be a service, as no other file can name it: move it out of the "
                                          "anonymous namespace, to a header that both plugins include"};
  if (find_service(offer.type.name))
    throw error{ec::already_exists, "plugin " + plugin_ + " offers the service " + offer.type.text() + " already"};
  demand_room(plugin_, "services", services_.now.size());
  services_.change().push_back({std::move(offer), scope_});
}

bool registrations::remove_service(std::string_view type) {
  return services_.remove([&](const auto& e) { return e.value.type.name == type; }) > 0;
}

const service_offer* registrations::find_service(std::string_view type) const {
  for (const auto& e : services_.now)
    if (e.value.type.name == type) return &e.value;
  return nullptr;
}

void registrations::drop(scope s) {
  const auto goes = [s](const auto& e) { return e.lifetime == s; };
  subscriptions_.remove(goes);
  routes_.remove(goes);
  components_.remove(goes);
  watches_.remove(goes);
  services_.remove(goes);
}

void registrations::touch_all() {
  subscriptions_.change();
  routes_.change();
  components_.change();
}

void registrations::rollback() {
  subscriptions_.roll_back();
  routes_.roll_back();
  components_.roll_back();
  watches_.roll_back();
  services_.roll_back();
}

void registrations::commit(registration_sink& sink, if_it_fails what) {
  try {
    routes_.hand_over(sink);
    components_.hand_over(sink);
    subscriptions_.hand_over(sink);
  } catch (...) {
    if (what == if_it_fails::leave) throw;
    routes_.take_back(sink);
    components_.take_back(sink);
    subscriptions_.take_back(sink);
    throw;
  }
  for (const auto& e : subscriptions_.before) {
    const auto stays = std::any_of(subscriptions_.now.begin(), subscriptions_.now.end(),
                                   [&](const auto& other) { return other.value == e.value; });
    if (!stays) e.value->active = false;
  }
  routes_.settle();
  components_.settle();
  watches_.settle();
  services_.settle();
  subscriptions_.settle();
}

}  // namespace streamspace
