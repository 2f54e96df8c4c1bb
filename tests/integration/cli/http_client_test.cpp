#include <future>

#include <cli/http_client.hpp>
#include <gmock/gmock.h>

#include <streamspace/http/http_server.hpp>
#include <streamspace/messages/error.hpp>

namespace streamspace {
namespace {

using ::testing::HasSubstr;

class HttpClient : public ::testing::Test {
 protected:
  void serve(http_handler handler) {
    server_ = std::make_unique<http_server>(http_server_options{.io_threads = 1}, std::move(handler));
    server_->start();
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }

  std::unique_ptr<http_server> server_;
};

/// Answers with what was asked.
void echo(const request& rq, responder answer) {
  answer(response{json{{"method", rq.method},
                       {"path", rq.path},
                       {"token", rq.header("Authorization")},
                       {"type", rq.header("Content-Type")},
                       {"body", rq.body}},
                  207});
}

TEST_F(HttpClient, SendsWhatItIsTold) {
  serve(echo);
  http_client client{url()};
  client.set_token("t0k");
  const auto answer = client.send("PUT", "/a/b", json{{"x", 1}});
  EXPECT_EQ(answer.status, 207);
  EXPECT_EQ(answer.json(), (json{{"method", "PUT"},
                                 {"path", "/a/b"},
                                 {"token", "Bearer t0k"},
                                 {"type", "application/json"},
                                 {"body", R"({"x":1})"}}));
}

TEST_F(HttpClient, TakesNothingOverFromTheLastRequest) {
  serve(echo);
  http_client client{url()};
  client.set_token("t0k");
  client.send("PUT", "/", json{{"x", 1}});
  client.set_token({});
  for (const auto* method : {"GET", "POST", "DELETE"}) {
    const auto echoed = client.send(method, "/").json();
    EXPECT_EQ(echoed.at("method"), method);
    EXPECT_EQ(echoed.at("body"), "");
    EXPECT_EQ(echoed.at("token"), "");
  }
}

TEST_F(HttpClient, KeepsItsConnection) {
  serve(echo);
  http_client client{url()};
  for (int i = 0; i < 5; ++i) client.get("/");
  EXPECT_EQ(server_->stats().connections, 1u);
  EXPECT_EQ(server_->stats().requests, 5u);
}

TEST_F(HttpClient, GivesABodyThatIsNoJsonAsDiscarded) {
  serve([](const request&, responder answer) { answer(response::text("hello")); });
  http_client client{url()};
  const auto answer = client.get("/");
  EXPECT_EQ(answer.body, "hello");
  EXPECT_TRUE(answer.json().is_discarded());
}

TEST_F(HttpClient, IsUnavailableWhenNobodyListens) {
  serve(echo);
  http_client client{url()};
  server_->stop(std::chrono::milliseconds{0});
  try {
    client.get("/somewhere");
    ADD_FAILURE() << "there was an answer";
  } catch (const error& e) {
    EXPECT_EQ(e.code(), ec::unavailable);
    EXPECT_THAT(e.message(), HasSubstr("GET /somewhere"));
  }
}

TEST_F(HttpClient, GivesUpWhenItIsToldToStop) {
  std::promise<responder> asked;
  serve([&](const request&, responder answer) { asked.set_value(std::move(answer)); });
  std::stop_source stop;
  http_client client{url(), stop.get_token()};
  auto outcome = std::async(std::launch::async, [&] {
    try {
      client.get("/");
      return ec::internal;
    } catch (const error& e) {
      return e.code();
    }
  });
  const auto never_answered = asked.get_future().get();
  stop.request_stop();
  EXPECT_EQ(outcome.get(), ec::unavailable);
}

}  // namespace
}  // namespace streamspace
