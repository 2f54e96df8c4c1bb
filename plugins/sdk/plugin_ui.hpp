#pragma once

#include <string_view>

#include <streamspace/messages/ui_component.hpp>

namespace streamspace {

class plugin_context;

/// A plugin's parts of the user interface. In force when the hook that registers them returns. In turn only.
/// Errors: invalid_argument (which option, and what it may be), already_exists, not_in_turn.
class plugin_ui {
 public:
  explicit plugin_ui(plugin_context& owner) noexcept : owner_{owner} {}

  void widget(const streamspace::widget& w);
  void admin_widget(const streamspace::widget& w);
  void page(const streamspace::page& p);
  void admin_page(const streamspace::admin_page& p);
  void menu_item(const streamspace::menu_item& m);
  /// Whether there was such a component.
  bool unregister(ui_kind kind, std::string_view id);

 private:
  plugin_context& owner_;
};

}  // namespace streamspace
