#include <gmock/gmock.h>
#include <support/errors.hpp>

#include "recording_sink.hpp"

namespace streamspace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using kind = recording_sink::kind;

const event_handler deaf = [](const event&) {};
const route_handler empty_answer = [](const request&) { return response{}; };

class Registrations : public ::testing::Test {
 protected:
  void add_route(const std::string& path, const std::string& method = "GET") {
    registered.add_route({.method = method, .path = path, .handler = empty_answer});
  }
  void add_widget(const std::string& id) {
    registered.add_component(
        make_component("greeter", ui_kind::widget, widget{.id = id, .title = "Greetings", .component = "Greetings"}));
  }
  /// What refuses this route, as a sentence; empty when it is taken.
  std::string refusal_of(const std::string& path, const std::string& method = "GET") {
    const auto failure = failure_of([&] { add_route(path, method); });
    if (!failure) return {};
    EXPECT_EQ(failure->code(), ec::invalid_argument);
    return failure->message();
  }

  recording_sink sink;
  registrations registered{"greeter"};
};

TEST_F(Registrations, ArePublishedTogetherByCommit) {
  registered.subscribe("session.*", deaf);
  add_route("/hello");
  add_widget("greetings");
  EXPECT_EQ(sink.published, 0);
  EXPECT_TRUE(registered.changed());
  registered.commit(sink);
  EXPECT_FALSE(registered.changed());
  EXPECT_THAT(sink.patterns(), ElementsAre("session.*"));
  EXPECT_THAT(sink.paths(), ElementsAre("GET /hello"));
  EXPECT_THAT(sink.ids(), ElementsAre("greetings"));
  EXPECT_EQ(sink.subscriptions[0]->plugin, "greeter");
}

TEST_F(Registrations, ArePublishedOnlyWhereTheyChanged) {
  add_route("/hello");
  registered.commit(sink);
  EXPECT_EQ(sink.published, 1);
  registered.commit(sink);
  EXPECT_EQ(sink.published, 1);
  registered.subscribe("session.*", deaf);
  registered.commit(sink);
  EXPECT_EQ(sink.published, 2);
}

TEST_F(Registrations, GoBackToTheLastCommitOnRollback) {
  registered.subscribe("session.*", deaf);
  add_route("/hello");
  add_widget("greetings");
  registered.commit(sink);

  registered.subscribe("user.*", deaf);
  registered.unsubscribe("session.*");
  add_route("/bye");
  registered.remove_route("GET", "/hello");
  add_widget("farewells");
  registered.remove_component(ui_kind::widget, "greetings");
  registered.rollback();
  EXPECT_FALSE(registered.changed());
  EXPECT_TRUE(sink.subscriptions[0]->active);

  registered.subscribe("*", deaf);  // So that there is something to publish.
  add_route("/third");
  add_widget("third");
  registered.commit(sink);
  EXPECT_THAT(sink.patterns(), ElementsAre("session.*", "*"));
  EXPECT_THAT(sink.paths(), ElementsAre("GET /hello", "GET /third"));
  EXPECT_THAT(sink.ids(), ElementsAre("greetings", "third"));
}

TEST_F(Registrations, LeaveNothingBehindWhenTheSinkRefusesOneKind) {
  for (const auto refused : {kind::subscriptions, kind::routes, kind::components}) {
    recording_sink picky;
    registrations fresh{"greeter"};
    fresh.subscribe("session.*", deaf);
    fresh.add_route({.method = "GET", .path = "/hello", .handler = empty_answer});
    fresh.add_component(
        make_component("greeter", ui_kind::widget, widget{.id = "w", .title = "Greetings", .component = "Greetings"}));
    picky.refused = {refused};
    EXPECT_THROW(fresh.commit(picky), std::runtime_error);
    EXPECT_THAT(picky.patterns(), IsEmpty());
    EXPECT_THAT(picky.paths(), IsEmpty());
    EXPECT_THAT(picky.ids(), IsEmpty());
    EXPECT_TRUE(fresh.changed());

    picky.refused.clear();
    fresh.commit(picky);
    EXPECT_THAT(picky.patterns(), ElementsAre("session.*"));
    EXPECT_THAT(picky.paths(), ElementsAre("GET /hello"));
    EXPECT_THAT(picky.ids(), ElementsAre("w"));
  }
}

TEST_F(Registrations, PassOverDeliveriesOfASubscriptionThatWasGivenUp) {
  registered.subscribe("session.*", deaf);
  registered.subscribe("session.*", deaf);
  registered.subscribe("user.*", deaf);
  registered.commit(sink);
  const auto before = sink.subscriptions;
  EXPECT_EQ(registered.unsubscribe("session.*"), 2U);
  EXPECT_EQ(registered.unsubscribe("session.created"), 0U);
  EXPECT_TRUE(before[0]->active) << "not before the commit";
  registered.commit(sink);
  EXPECT_FALSE(before[0]->active);
  EXPECT_FALSE(before[1]->active);
  EXPECT_TRUE(before[2]->active);
}

TEST_F(Registrations, DropWhatBelongsToTheScope) {
  registered.set_scope(registrations::scope::load);
  registered.subscribe("session.*", deaf);
  add_route("/hello");
  add_widget("greetings");
  registered.set_scope(registrations::scope::enable);
  registered.subscribe("user.*", deaf);
  add_route("/bye");
  add_widget("farewells");
  registered.commit(sink);
  registered.drop(registrations::scope::enable);
  registered.commit(sink);
  EXPECT_THAT(sink.patterns(), ElementsAre("session.*"));
  EXPECT_THAT(sink.paths(), ElementsAre("GET /hello"));
  EXPECT_THAT(sink.ids(), ElementsAre("greetings"));
}

TEST_F(Registrations, RefuseARouteThatIsTakenWhateverItsParametersAreCalled) {
  add_route("/users/:id");
  add_route("/files/*path");
  const auto failure = failure_of([&] { add_route("/users/:name"); });
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->code(), ec::already_exists);
  EXPECT_THAT(failure->message(), HasSubstr("/users/:id"));
  EXPECT_EQ(failure_of([&] { add_route("/files/*rest"); })->code(), ec::already_exists);
  add_route("/users/:name", "POST");
  add_route("/users/me");
  add_route("/users/:name/sessions");
  EXPECT_TRUE(registered.remove_route("GET", "/users/:id"));
  add_route("/users/:name");
}

TEST_F(Registrations, TakeGoodPaths) {
  for (const auto* path :
       {"/", "/hello", "/hello/:name", "/a/:b/c/:d", "/files/*path", "/*all", "/a-b_c.d~e", "/a:b", "/a*b", "/@me"})
    EXPECT_EQ(refusal_of(path), "") << path;
}

TEST_F(Registrations, RefuseBadPaths) {
  const std::vector<std::pair<std::string, std::string>> bad{{"", "must begin with '/'"},
                                                             {"hello", "must begin with '/'"},
                                                             {"/hello/", "must not end with '/'"},
                                                             {"//hello", "empty segment"},
                                                             {"/a//b", "empty segment"},
                                                             {"/a/./b", "dot segments"},
                                                             {"/..", "dot segments"},
                                                             {"/a/:", "without a name"},
                                                             {"/*", "without a name"},
                                                             {"/*rest/more", "only at its end"},
                                                             {"/a b", "white space"},
                                                             {"/a\tb", "white space"},
                                                             {"/a?b", "white space"},
                                                             {"/a#b", "white space"},
                                                             {"/a%20b", "white space"},
                                                             {"/a\\b", "white space"},
                                                             {"/" + std::string(500, 'a'), "longer than 500"}};
  for (const auto& [path, why] : bad) EXPECT_THAT(refusal_of(path), HasSubstr(why)) << path;
}

TEST_F(Registrations, RefuseMethodsThatAreNone) {
  for (const auto* method : {"", "get", "HEAD", "OPTIONS", "FETCH"})
    EXPECT_THAT(refusal_of("/hello", method), HasSubstr("GET, POST, PUT, PATCH or DELETE")) << method;
}

TEST_F(Registrations, RefuseEmptyHandlers) {
  EXPECT_EQ(failure_of([&] { registered.subscribe("session.*", nullptr); })->code(), ec::invalid_argument);
  EXPECT_EQ(failure_of([&] { registered.add_route({.method = "GET", .path = "/a", .handler = nullptr}); })->code(),
            ec::invalid_argument);
}

TEST_F(Registrations, RefuseBadPatterns) {
  for (const auto* pattern : {"", "session.", ".created", "session..created", "session.cre*", "session.>.x", "a b"})
    EXPECT_EQ(failure_of([&] { registered.subscribe(pattern, deaf); })->code(), ec::invalid_argument) << pattern;
}

TEST_F(Registrations, RefuseAComponentWhoseIdIsTakenWithinItsKind) {
  add_widget("greetings");
  EXPECT_EQ(failure_of([&] { add_widget("greetings"); })->code(), ec::already_exists);
  registered.add_component(make_component("greeter", ui_kind::admin_widget,
                                          widget{.id = "greetings", .title = "Greetings", .component = "Greetings"}));
  EXPECT_TRUE(registered.remove_component(ui_kind::widget, "greetings"));
  EXPECT_FALSE(registered.remove_component(ui_kind::widget, "greetings"));
  add_widget("greetings");
}

TEST_F(Registrations, HaveABound) {
  for (int i = 0; i < 10'000; ++i) registered.subscribe("session.created", deaf);
  EXPECT_EQ(failure_of([&] { registered.subscribe("session.created", deaf); })->code(), ec::invalid_argument);
}

}  // namespace
}  // namespace streamspace::testing
