#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/messages/ui_component.hpp>

namespace streamspace {
namespace {

using testing::failure_of;
using ::testing::HasSubstr;

const widget good_widget{.id = "w", .title = "W", .component = "Widget"};
const page good_page{.id = "p", .title = "P", .path = "/list", .component = "Page"};
const admin_page good_admin_page{.id = "a", .title = "A", .path = "/list", .component = "Page"};
const menu_item good_item{.id = "m", .label = "M", .path = "/plugins/greeter"};

/// The component with one option changed, and what is said against it.
template <class Component, class Change>
std::string refusal_of(Component c, Change change) {
  change(c);
  const auto failure = failure_of([&] {
    if constexpr (std::is_same_v<Component, widget>)
      make_component("greeter", ui_kind::widget, c);
    else
      make_component("greeter", c);
  });
  if (!failure) return {};
  EXPECT_EQ(failure->code(), ec::invalid_argument);
  return failure->message();
}

TEST(UiComponent, IsAWidget) {
  auto w = good_widget;
  w.position = "sidebar";
  w.width = "third";
  w.icon = "star";
  w.permissions = {"plugin.greeter.read"};
  const auto made = make_component("greeter", ui_kind::admin_widget, w);
  EXPECT_EQ(made.plugin, "greeter");
  EXPECT_EQ(made.kind, ui_kind::admin_widget);
  EXPECT_EQ(made.id, "w");
  EXPECT_EQ(made.document, (json{{"id", "w"},
                                 {"plugin", "greeter"},
                                 {"title", "W"},
                                 {"component", "Widget"},
                                 {"position", "sidebar"},
                                 {"width", "third"},
                                 {"icon", "star"},
                                 {"permissions", {"plugin.greeter.read"}}}));
}

TEST(UiComponent, StandsUnderThePathOfItsPlugin) {
  EXPECT_EQ(make_component("greeter", good_page).document["path"], "/plugins/greeter/list");
  EXPECT_EQ(make_component("greeter", good_admin_page).document["path"], "/admin/plugins/greeter/list");
  EXPECT_EQ(make_component("greeter", good_item).document["path"], "/plugins/greeter");
}

TEST(UiComponent, HasAnOrder) {
  auto a = good_admin_page;
  a.order = 5;
  EXPECT_EQ(make_component("greeter", a).order, 5);
  EXPECT_EQ(make_component("greeter", a).document["order"], 5);
  EXPECT_EQ(make_component("greeter", good_item).order, 1'000);
}

TEST(UiComponent, MayLeadOutByHttpsOnly) {
  auto item = good_item;
  item.path = "https://example.com/docs?x='1'";
  EXPECT_EQ(make_component("greeter", item).document["path"], item.path);
  for (const auto* path : {"http://example.com", "javascript:alert(1)", "//example.com/'", "ftp://x", "docs"})
    EXPECT_NE(refusal_of(good_item, [&](auto& m) { m.path = path; }), "") << path;
}

TEST(UiComponent, NamesTheOptionThatIsWrong) {
  EXPECT_THAT(refusal_of(good_widget, [](auto& w) { w.id = ""; }), HasSubstr("id must not be empty"));
  EXPECT_THAT(refusal_of(good_widget, [](auto& w) { w.title = ""; }), HasSubstr("title must not be empty"));
  EXPECT_THAT(refusal_of(good_widget, [](auto& w) { w.component = ""; }), HasSubstr("component must not be empty"));
  EXPECT_THAT(refusal_of(good_widget, [](auto& w) { w.title = std::string(501, 'x'); }), HasSubstr("title is longer"));
  EXPECT_THAT(refusal_of(good_widget, [](auto& w) { w.position = "left"; }), HasSubstr("top, sidebar, bottom"));
  EXPECT_THAT(refusal_of(good_widget, [](auto& w) { w.width = "quarter"; }), HasSubstr("full, half, third"));
  EXPECT_THAT(refusal_of(good_item, [](auto& m) { m.label = ""; }), HasSubstr("label must not be empty"));
  EXPECT_THAT(refusal_of(good_page, [](auto& p) { p.component = ""; }), HasSubstr("component"));
  EXPECT_THAT(refusal_of(good_admin_page, [](auto& p) { p.title = ""; }), HasSubstr("title"));
}

TEST(UiComponent, HasAPathThatStaysInside) {
  for (const auto* path :
       {"", "list", "/../admin", "/a/../../b", "/a b", "/a\"b", "/a'b", "/<script>", "/a\\b", "/a\nb"}) {
    EXPECT_THAT(refusal_of(good_page, [&](auto& p) { p.path = path; }), HasSubstr("path")) << path;
    EXPECT_THAT(refusal_of(good_admin_page, [&](auto& p) { p.path = path; }), HasSubstr("path")) << path;
  }
}

TEST(UiKind, NamesItsListAsTheOriginal) {
  EXPECT_EQ(list_name(ui_kind::widget), "widgets");
  EXPECT_EQ(list_name(ui_kind::admin_widget), "adminWidgets");
  EXPECT_EQ(list_name(ui_kind::page), "pages");
  EXPECT_EQ(list_name(ui_kind::admin_page), "adminPages");
  EXPECT_EQ(list_name(ui_kind::menu_item), "menuItems");
}

}  // namespace
}  // namespace streamspace
