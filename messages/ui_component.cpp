#include <algorithm>
#include <initializer_list>

#include <streamspace/messages/error.hpp>
#include <streamspace/messages/ui_component.hpp>

namespace streamspace {

namespace {

constexpr std::size_t max_text = 500;

[[noreturn]] void refuse(std::string_view id, const std::string& why) {
  throw error{ec::invalid_argument, "UI component '" + std::string{id.substr(0, 80)} + "': " + why};
}

void demand_text(std::string_view id, std::string_view option, const std::string& value) {
  if (value.empty()) refuse(id, std::string{option} + " must not be empty");
  if (value.size() > max_text) refuse(id, std::string{option} + " is longer than 500 bytes");
}

void demand_one_of(std::string_view id, std::string_view option, const std::string& value,
                   std::initializer_list<std::string_view> choices) {
  if (std::find(choices.begin(), choices.end(), value) != choices.end()) return;
  std::string list;
  for (const auto choice : choices) list += (list.empty() ? "" : ", ") + std::string{choice};
  refuse(id, std::string{option} + " is '" + value.substr(0, 80) + "'; it may be " + list);
}

void demand_path(std::string_view id, const std::string& path) {
  demand_text(id, "path", path);
  if (path.front() != '/') refuse(id, "path must begin with '/'");
  if (path.find("..") != std::string::npos || path.find_first_of("\\\"'<> \t\r\n") != std::string::npos)
    refuse(id, "path must not have '..', quotes, angle brackets, backslashes or white space");
}

ui_component component(std::string_view plugin, ui_kind kind, const std::string& id, int order,
                       const std::vector<std::string>& permissions, json document) {
  demand_text(id, "id", id);
  document["id"] = id;
  document["plugin"] = plugin;
  document["permissions"] = permissions;
  return {std::string{plugin}, kind, id, order, permissions, std::move(document)};
}

}  // namespace

std::string_view list_name(ui_kind kind) noexcept {
  switch (kind) {
    case ui_kind::widget:
      return "widgets";
    case ui_kind::admin_widget:
      return "adminWidgets";
    case ui_kind::page:
      return "pages";
    case ui_kind::admin_page:
      return "adminPages";
    case ui_kind::menu_item:
      return "menuItems";
  }
  return "widgets";
}

ui_component make_component(std::string_view plugin, ui_kind kind, const widget& w) {
  demand_text(w.id, "title", w.title);
  demand_text(w.id, "component", w.component);
  demand_one_of(w.id, "position", w.position, {"top", "sidebar", "bottom"});
  demand_one_of(w.id, "width", w.width, {"full", "half", "third"});
  return component(
      plugin, kind, w.id, 1000, w.permissions,
      {{"title", w.title}, {"component", w.component}, {"position", w.position}, {"width", w.width}, {"icon", w.icon}});
}

ui_component make_component(std::string_view plugin, const page& p) {
  demand_text(p.id, "title", p.title);
  demand_text(p.id, "component", p.component);
  demand_path(p.id, p.path);
  return component(plugin, ui_kind::page, p.id, 1000, p.permissions,
                   {{"title", p.title},
                    {"path", "/plugins/" + std::string{plugin} + p.path},
                    {"component", p.component},
                    {"icon", p.icon},
                    {"menuLabel", p.menu_label}});
}

ui_component make_component(std::string_view plugin, const admin_page& p) {
  demand_text(p.id, "title", p.title);
  demand_text(p.id, "component", p.component);
  demand_path(p.id, p.path);
  return component(plugin, ui_kind::admin_page, p.id, p.order, p.permissions,
                   {{"title", p.title},
                    {"path", "/admin/plugins/" + std::string{plugin} + p.path},
                    {"component", p.component},
                    {"icon", p.icon},
                    {"menuLabel", p.menu_label},
                    {"order", p.order}});
}

ui_component make_component(std::string_view plugin, const menu_item& m) {
  demand_text(m.id, "label", m.label);
  if (!m.path.starts_with("https://")) demand_path(m.id, m.path);
  return component(
      plugin, ui_kind::menu_item, m.id, m.order, m.permissions,
      {{"label", m.label}, {"path", m.path}, {"icon", m.icon}, {"component", m.component}, {"order", m.order}});
}

}  // namespace streamspace
