#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <streamspace/messages/json.hpp>

namespace streamspace {

/// A card on a dashboard. `id` is unique among the plugin's widgets.
struct widget {
  std::string id;
  std::string title;
  std::string component;         ///< Name of a component, or the path of a bundle.
  std::string position = "top";  ///< top, sidebar or bottom
  std::string width = "full";    ///< full, half or third
  std::string icon = {};
  std::vector<std::string> permissions = {};  ///< Needed to see it.
};

/// A page of its own under /plugins/{plugin}{path}; in the menu when menu_label is set.
struct page {
  std::string id;
  std::string title;
  std::string path;
  std::string component;
  std::string icon = {};
  std::string menu_label = {};
  std::vector<std::string> permissions = {};
};

/// A page of the admin panel under /admin/plugins/{plugin}{path}.
struct admin_page {
  std::string id;
  std::string title;
  std::string path;
  std::string component;
  std::string icon = {};
  std::string menu_label = {};
  std::vector<std::string> permissions = {};
  int order = 1000;  ///< Lower comes earlier.
};

/// An entry of the main navigation; `path` leads inside ("/plugins/slack/messages") or out ("https://...").
struct menu_item {
  std::string id;
  std::string label;
  std::string path;
  std::string icon = {};
  std::string component = {};
  int order = 1000;  ///< Lower comes earlier.
  std::vector<std::string> permissions = {};
};

enum class ui_kind : std::uint8_t { widget, admin_widget, page, admin_page, menu_item };

/// The member of GET /plugins/ui/components that holds this kind: widgets, adminWidgets, pages, adminPages, menuItems.
std::string_view list_name(ui_kind kind) noexcept;

/// A registered component of any kind, checked and as JSON.
struct ui_component {
  std::string plugin;
  ui_kind kind = ui_kind::widget;
  std::string id;
  int order = 1000;
  std::vector<std::string> permissions;
  json document;  ///< With "plugin" and the full path filled in.
};

/// Each checks every option and throws error (invalid_argument: which option, and what it may be).
ui_component make_component(std::string_view plugin, ui_kind kind, const widget& w);
ui_component make_component(std::string_view plugin, const page& p);
ui_component make_component(std::string_view plugin, const admin_page& p);
ui_component make_component(std::string_view plugin, const menu_item& m);

}  // namespace streamspace
