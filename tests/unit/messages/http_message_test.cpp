#include <gmock/gmock.h>
#include <support/errors.hpp>

#include <streamspace/messages/http_message.hpp>

namespace streamspace {
namespace {

using testing::failure_of;

TEST(Principal, MayDoWhatItsTokenGrants) {
  const principal admin{"ann", "admin", {}};
  const principal bob{"bob", "user", {"plugin.audit.read"}};
  EXPECT_TRUE(admin.may("anything"));
  EXPECT_TRUE(bob.may("plugin.audit.read"));
  EXPECT_FALSE(bob.may("plugin.audit"));
  EXPECT_FALSE(bob.may("plugin.audit.read.all"));
  EXPECT_FALSE(principal{}.may(""));
  EXPECT_TRUE(bob.signed_in());
  EXPECT_FALSE(principal{}.signed_in());
}

TEST(Request, FindsParametersQueriesAndHeaders) {
  request rq;
  rq.params = {{"id", "7"}, {"name", "ann"}};
  rq.queries = {{"a", "1"}, {"a", "2"}, {"b", ""}};
  rq.headers = {{"Content-Type", "application/json"}};
  EXPECT_EQ(rq.param("name"), "ann");
  EXPECT_EQ(rq.param("Name"), "");
  EXPECT_EQ(rq.query("a"), "1");
  EXPECT_EQ(rq.query("b"), "");
  EXPECT_EQ(rq.query("c"), std::nullopt);
  EXPECT_EQ(rq.header("content-TYPE"), "application/json");
  EXPECT_EQ(rq.header("content-typ"), "");
}

TEST(Request, ReadsItsBodyAsJsonOrSaysWhereItIsNone) {
  request rq;
  rq.body = R"({"a": [1, 2]})";
  EXPECT_EQ(rq.json(), (json{{"a", {1, 2}}}));
  rq.body = R"({"a": )";
  const auto failure = failure_of([&] { rq.json(); });
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->code(), ec::invalid_argument);
  EXPECT_THAT(failure->message(), ::testing::HasSubstr("byte"));
  rq.body = "";
  EXPECT_TRUE(failure_of([&] { rq.json(); }));
}

TEST(Response, IsJsonTextOrNothing) {
  const response made{json{{"a", 1}}};
  EXPECT_EQ(made.status, 200);
  EXPECT_EQ(made.body, R"({"a":1})");
  EXPECT_EQ(made.header("content-type"), "application/json");
  EXPECT_EQ((response{json{{"a", 1}}, 201}.status), 201);
  const auto text = response::text("hello", 202);
  EXPECT_EQ(text.status, 202);
  EXPECT_EQ(text.header("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(response::no_content().status, 204);
  EXPECT_EQ(response::no_content().body, "");
  EXPECT_TRUE(text.json().is_discarded());
}

TEST(Response, MendsTextThatIsNotUtf8) {
  const response answer{json{{"a", "\xff"}}};
  EXPECT_EQ(answer.json()["a"], "\xEF\xBF\xBD");
}

TEST(Response, SetsAHeaderOnce) {
  response r{json::object()};
  r.header("content-type", "text/html").header("X-A", "1").header("x-a", "2");
  EXPECT_EQ(r.headers.size(), 2U);
  EXPECT_EQ(r.header("Content-Type"), "text/html");
  EXPECT_EQ(r.header("X-A"), "2");
}

TEST(Response, IsAProblemDocument) {
  const auto p = response::problem(404, "not_found", "there is no session 's1'");
  EXPECT_EQ(p.status, 404);
  EXPECT_EQ(p.header("Content-Type"), "application/problem+json");
  EXPECT_EQ(p.json(), (json{{"type", "about:blank"},
                            {"title", "Not Found"},
                            {"status", 404},
                            {"detail", "there is no session 's1'"},
                            {"code", "not_found"}}));
}

TEST(Response, HasTheStatusOfTheErrorsCode) {
  const std::vector<std::pair<ec, int>> table{{ec::invalid_argument, 400},
                                              {ec::not_found, 404},
                                              {ec::already_exists, 409},
                                              {ec::conflict, 409},
                                              {ec::unauthenticated, 401},
                                              {ec::permission_denied, 403},
                                              {ec::timeout, 504},
                                              {ec::unavailable, 503},
                                              {ec::would_deadlock, 409},
                                              {ec::not_in_turn, 500},
                                              {ec::plugin_failed, 500},
                                              {ec::plugin_incompatible, 422},
                                              {ec::database_unreachable, 503},
                                              {ec::database_error, 500},
                                              {ec::data_folder_in_use, 500},
                                              {ec::io_error, 500},
                                              {ec::internal, 500},
                                              {ec::quota_exceeded, 507}};
  for (const auto& [code, status] : table) {
    EXPECT_EQ(http_status_of(code), status) << to_string(code);
    const auto answer = response::from_error({code, "why"});
    EXPECT_EQ(answer.status, status);
    EXPECT_EQ(answer.json()["code"], to_string(code));
    EXPECT_EQ(answer.json()["detail"], "why");
  }
}

class Responder : public ::testing::Test {
 protected:
  responder make() {
    return responder{[this](response r) { statuses.push_back(r.status); }};
  }
  std::vector<int> statuses;
};

TEST_F(Responder, AnswersOnce) {
  auto r = make();
  EXPECT_TRUE(r);
  r(response{200});
  EXPECT_FALSE(r);
  r(response{201});
  EXPECT_THAT(statuses, ::testing::ElementsAre(200));
}

TEST_F(Responder, Answers503WhenItIsDropped) {
  { const auto r = make(); }
  EXPECT_THAT(statuses, ::testing::ElementsAre(503));
}

TEST_F(Responder, OwesNothingOnceItHasAnswered) {
  {
    auto r = make();
    r(response{200});
  }
  EXPECT_THAT(statuses, ::testing::ElementsAre(200));
}

TEST_F(Responder, HandsItsDutyOverWhenItIsMoved) {
  {
    auto first = make();
    auto second = std::move(first);
    EXPECT_TRUE(second);
    EXPECT_TRUE(statuses.empty());
  }
  EXPECT_THAT(statuses, ::testing::ElementsAre(503));
}

TEST_F(Responder, AnswersForWhatIsAssignedOver) {
  auto first = make();
  first = make();
  EXPECT_THAT(statuses, ::testing::ElementsAre(503)) << "the one that is gone";
  auto& same = first;
  first = std::move(same);
  EXPECT_TRUE(first);
  first(response{200});
  EXPECT_THAT(statuses, ::testing::ElementsAre(503, 200));
}

TEST_F(Responder, AnswersNobodyWhenItWasMadeForNobody) {
  responder nobody;
  EXPECT_FALSE(nobody);
  nobody(response{200});
}

TEST_F(Responder, EndsQuietlyWhenTheSinkThrows) {
  {
    const responder r{[](response) { throw std::runtime_error{"the socket is gone"}; }};
  }
}

}  // namespace
}  // namespace streamspace
