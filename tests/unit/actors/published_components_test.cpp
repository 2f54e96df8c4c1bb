#include <gmock/gmock.h>

#include <streamspace/actors/published_components.hpp>

namespace streamspace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const principal admin{"root", "admin", {}};
const principal somebody{"u1", "user", {}};

std::shared_ptr<plugin_cell> enabled_plugin(std::string name) {
  auto cell = std::make_shared<plugin_cell>(std::move(name), plugin_cell::options{}, std::make_shared<dead_letters>(),
                                            [](const log_record&) {});
  cell->set_gate(plugin_cell::gate::all);
  return cell;
}

std::vector<std::string> ids(const json& list) {
  std::vector<std::string> all;
  for (const auto& item : list) all.push_back(item["plugin"].get<std::string>() + "/" + item["id"].get<std::string>());
  return all;
}

TEST(PublishedComponents, HasEveryListThoughNothingIsRegistered) {
  const published_components published;
  const auto document = published.document(somebody);
  EXPECT_EQ(document.size(), 5U);
  for (const auto* list : {"widgets", "adminWidgets", "pages", "adminPages", "menuItems"}) {
    EXPECT_TRUE(document.at(list).is_array()) << list;
    EXPECT_THAT(document.at(list), IsEmpty()) << list;
  }
}

TEST(PublishedComponents, SortsByOrderThenPluginThenId) {
  const auto alpha = enabled_plugin("alpha");
  const auto beta = enabled_plugin("beta");
  const auto item = [](const std::shared_ptr<plugin_cell>& owner, std::string id, int order) {
    return published_components::item{
        make_component(owner->name(), menu_item{.id = id, .label = id, .path = "/" + id, .order = order}), owner};
  };
  published_components published;
  published.publish({item(beta, "b", 10), item(alpha, "z", 10), item(beta, "last", 2'000), item(alpha, "a", 10),
                     item(beta, "first", -1)});
  EXPECT_THAT(ids(published.document(somebody)["menuItems"]),
              ElementsAre("beta/first", "alpha/a", "alpha/z", "beta/b", "beta/last"));
}

TEST(PublishedComponents, ShowsOnlyWhatTheCallerMaySee) {
  const auto owner = enabled_plugin("p");
  published_components published;
  published.publish(
      {{make_component("p", ui_kind::widget, widget{.id = "open", .title = "t", .component = "c"}), owner},
       {make_component("p", ui_kind::widget,
                       widget{.id = "two", .title = "t", .component = "c", .permissions = {"p.read", "p.more"}}),
        owner},
       {make_component("p", ui_kind::admin_widget, widget{.id = "aw", .title = "t", .component = "c"}), owner},
       {make_component("p", admin_page{.id = "ap", .title = "t", .path = "/x", .component = "c"}), owner}});
  const auto of = [&](const principal& caller, const char* list) { return ids(published.document(caller)[list]); };
  EXPECT_THAT(of(somebody, "widgets"), ElementsAre("p/open"));
  EXPECT_THAT(of({"u2", "user", {"p.read"}}, "widgets"), ElementsAre("p/open")) << "both permissions are needed";
  EXPECT_THAT(of({"u2", "user", {"p.more", "p.read"}}, "widgets"), ElementsAre("p/open", "p/two"));
  EXPECT_THAT(of(admin, "widgets"), ElementsAre("p/open", "p/two"));
  EXPECT_THAT(of(somebody, "adminWidgets"), IsEmpty());
  EXPECT_THAT(of(somebody, "adminPages"), IsEmpty());
  EXPECT_THAT(of(admin, "adminWidgets"), ElementsAre("p/aw"));
  EXPECT_THAT(of(admin, "adminPages"), ElementsAre("p/ap"));
}

TEST(PublishedComponents, HidesWhatBelongsToAPluginThatIsNotEnabled) {
  const auto owner = enabled_plugin("p");
  published_components published;
  published.publish({{make_component("p", page{.id = "home", .title = "t", .path = "/", .component = "c"}), owner}});
  owner->set_gate(plugin_cell::gate::shut);
  EXPECT_THAT(published.document(admin)["pages"], IsEmpty());
  owner->set_gate(plugin_cell::gate::all);
  EXPECT_THAT(ids(published.document(admin)["pages"]), ElementsAre("p/home"));
}

TEST(PublishedComponents, ReplacesWhatWasPublishedBefore) {
  const auto owner = enabled_plugin("p");
  published_components published;
  published.publish({{make_component("p", page{.id = "home", .title = "t", .path = "/", .component = "c"}), owner}});
  published.publish({});
  EXPECT_THAT(published.document(admin)["pages"], IsEmpty());
}

}  // namespace
}  // namespace streamspace
