#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "integration/http/server_fixture.hpp"
#include <streamspace/http/application.hpp>
#include <streamspace/http/http_server.hpp>

namespace streamspace {
namespace {

using testing::eventually;
using testing::get;
using testing::raw_client;

endpoint saying(std::string path, std::string text, access who = access::open) {
  endpoint e;
  e.method = "GET";
  e.path = std::move(path);
  e.who = who;
  e.dispatch = [text = std::move(text)](request, responder answer) { answer(response::text(text)); };
  return e;
}

class ApplicationOverSockets : public ::testing::Test {
 protected:
  ApplicationOverSockets() {
    application_options options;
    options.authenticate = bearer_authentication(authority, [] { return now(); });
    options.answered = [this](const access_record&) { ++answered; };
    app = std::make_unique<application>(
        std::move(options), endpoint_list{saying("/healthz", "fine"), saying("/mine", "yours", access::signed_in)},
        live);
    server = std::make_unique<http_server>(
        http_server_options{}, [this](request rq, responder answer) { (*app)(std::move(rq), std::move(answer)); });
    server->start();
  }

  std::shared_ptr<const token_authority> authority = std::make_shared<const token_authority>(signing_key::random());
  live_routes live;
  std::atomic<int> answered{0};
  std::unique_ptr<application> app;
  std::unique_ptr<http_server> server;
};

TEST_F(ApplicationOverSockets, LetsInWhoBringsATokenThatHolds) {
  raw_client client{server->port()};
  EXPECT_EQ(client.ask(get("/mine"))->status, 401);
  const auto token = authority->issue({"ann", "user", {}}, std::chrono::hours{1}, now());
  EXPECT_EQ(client.ask(get("/mine", "Authorization: Bearer " + token + "\r\n"))->body, "yours");
  const auto stale = authority->issue({"ann", "user", {}}, std::chrono::hours{1}, now() - std::chrono::hours{2});
  EXPECT_EQ(client.ask(get("/mine", "Authorization: Bearer " + stale + "\r\n"))->status, 401);
  EXPECT_EQ(client.ask(get("/healthz"))->body, "fine");
  EXPECT_TRUE(eventually([&] { return answered == 4; }));
}

TEST_F(ApplicationOverSockets, ChangesRoutesUnderLoadWithoutAWrongAnswer) {
  // Each round publishes one route of a name that tells the round; /always stays throughout.
  constexpr int rounds = 1000;
  std::atomic<int> round{0};
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0};
  std::atomic<int> asked{0};
  live.publish({saying("/api/plugins/p/always", "always")});
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i)
    clients.emplace_back([&] {
      try {
        raw_client client{server->port()};
        while (!done) {
          const auto name = std::to_string(round.load());
          const auto always = client.ask(get("/api/plugins/p/always"));
          if (!always || always->body != "always") ++wrong;
          const auto one = client.ask(get("/api/plugins/p/" + name));
          if (!one || (one->status != 404 && one->body != name)) ++wrong;
          ++asked;
        }
      } catch (const std::exception&) {
        ++wrong;
      }
    });
  for (int i = 0; i < rounds || asked < 200; ++i) {
    const auto name = std::to_string(i);
    round = i;
    live.publish({saying("/api/plugins/p/always", "always"), saying("/api/plugins/p/" + name, name)});
  }
  done = true;
  for (auto& c : clients) c.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace streamspace
