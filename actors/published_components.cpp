#include <algorithm>
#include <tuple>

#include <streamspace/actors/published_components.hpp>

namespace streamspace {

void published_components::publish(std::vector<item> items) {
  std::sort(items.begin(), items.end(), [](const item& a, const item& b) {
    return std::tie(a.component.order, a.component.plugin, a.component.id) <
           std::tie(b.component.order, b.component.plugin, b.component.id);
  });
  auto sorted = std::make_shared<const std::vector<item>>(std::move(items));
  std::lock_guard lock{mutex_};
  items_.swap(sorted);
}

std::shared_ptr<const std::vector<published_components::item>> published_components::current() const {
  std::lock_guard lock{mutex_};
  return items_;
}

json published_components::document(const principal& caller) const {
  const auto items = current();
  json lists = json::object();
  for (const auto kind :
       {ui_kind::widget, ui_kind::admin_widget, ui_kind::page, ui_kind::admin_page, ui_kind::menu_item})
    lists[std::string{list_name(kind)}] = json::array();
  for (const auto& [component, owner] : *items) {
    const auto allowed = std::all_of(component.permissions.begin(), component.permissions.end(),
                                     [&](const auto& permission) { return caller.may(permission); });
    const auto admins_only = component.kind == ui_kind::admin_widget || component.kind == ui_kind::admin_page;
    if (!owner->is_open() || !allowed || (admins_only && caller.role != "admin")) continue;
    lists[std::string{list_name(component.kind)}].push_back(component.document);
  }
  return lists;
}

std::size_t published_components::count_of(std::string_view plugin) const {
  const auto items = current();
  return static_cast<std::size_t>(
      std::count_if(items->begin(), items->end(), [&](const item& each) { return each.owner->name() == plugin; }));
}

}  // namespace streamspace
