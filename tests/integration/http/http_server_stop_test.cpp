#include <future>
#include <thread>

#include <gmock/gmock.h>

#include "integration/http/server_fixture.hpp"

namespace streamspace {
namespace {

using std::chrono::seconds;
using testing::eventually;
using testing::get;
using testing::raw_client;

class HttpServerStop : public testing::server_fixture {
 protected:
  /// These clients stay open when the server has closed: nothing is to be waited for then.
  HttpServerStop() { options.limits.linger_deadline = std::chrono::milliseconds{50}; }
};

TEST_F(HttpServerStop, AnswersWhatIsInFlightAndClosesWhatIsIdle) {
  start();
  auto idle = connect();
  ASSERT_EQ(idle.ask(get("/a"))->status, 200);
  auto busy = connect();
  busy.send(get("/hold") + get("/pipelined"));
  auto held = wait_for_held();
  const auto port = server->port();

  auto stopped = std::async(std::launch::async, [&] { server->stop(seconds{30}); });
  EXPECT_TRUE(idle.is_closed());
  EXPECT_THROW(raw_client{port}, std::runtime_error) << "nobody listens any more";
  held(response::text("still served"));
  const auto answer = busy.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "still served");
  EXPECT_EQ(answer->header("Connection"), "close");
  EXPECT_TRUE(busy.is_closed());
  stopped.get();
  EXPECT_EQ(server->stats().requests, 2U) << "the pipelined request was not begun";
}

TEST_F(HttpServerStop, ReadsARequestToItsEndWhileItDrains) {
  start();
  auto client = connect();
  const auto head = std::string{"POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"};
  ASSERT_EQ(client.ask(head)->status, 100);
  auto idle = connect();
  ASSERT_EQ(idle.ask(get("/a"))->status, 200);
  auto stopped = std::async(std::launch::async, [&] { server->stop(seconds{30}); });
  EXPECT_TRUE(idle.is_closed());
  const auto answer = client.ask("body");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->json()["body"], "body");
  EXPECT_TRUE(client.is_closed());
  stopped.get();
}

TEST_F(HttpServerStop, ClosesAConnectionThatWasBeingWrittenToWhenItBegan) {
  start();
  auto client = connect();
  client.send(get("/big"));
  ASSERT_TRUE(eventually([&] { return server->stats().requests == 1 && server->stats().in_flight == 0; }));
  auto stopped = std::async(std::launch::async, [&] { server->stop(seconds{60}); });
  const auto port = server->port();
  ASSERT_TRUE(eventually([&] {
    try {
      raw_client{port};
      return false;
    } catch (const std::runtime_error&) {
      return true;
    }
  }));
  const auto answer = client.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body.size(), 16UL * 1024 * 1024);
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(stopped.wait_for(seconds{10}), std::future_status::ready) << "nothing is left to wait for";
  stopped.get();
}

TEST_F(HttpServerStop, CutsWhatIsNotDoneAfterTheDrain) {
  start();
  auto client = connect();
  client.send(get("/hold"));
  auto held = wait_for_held();
  server->stop(std::chrono::milliseconds{50});
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(server->stats().connections, 0U);
  EXPECT_EQ(server->stats().in_flight, 0U);
  held(response::text("too late"));
}

TEST_F(HttpServerStop, DropsAnswersThatOutliveTheServer) {
  start();
  auto client = connect();
  client.send(get("/hold"));
  auto held = wait_for_held();
  server.reset();
  held(response::text("too late"));
  EXPECT_TRUE(client.is_closed());
}

TEST_F(HttpServerStop, MayBeAskedTwiceAndBeforeTheStart) {
  start();
  server->stop(seconds{1});
  server->stop(seconds{1});
  http_server never{{}, [](request, responder) {}};
  never.stop(seconds{1});
  EXPECT_EQ(never.port(), 0);
}

TEST_F(HttpServerStop, IsRefusedOnAnIoThread) {
  std::promise<ec> refused;
  http_server one{{}, [&](request, responder answer) {
                    try {
                      one.stop(seconds{1});
                    } catch (const error& e) {
                      refused.set_value(e.code());
                    }
                    answer(response::no_content());
                  }};
  one.start();
  raw_client client{one.port()};
  EXPECT_EQ(client.ask(get("/a"))->status, 204);
  EXPECT_EQ(refused.get_future().get(), ec::would_deadlock);
}

TEST_F(HttpServerStop, EndsUnderLoadWithEveryAnswerWhole) {
  start();
  constexpr int client_count = 8;
  std::atomic<int> answered{0};
  std::atomic<int> torn{0};
  std::vector<raw_client> clients;
  for (int i = 0; i < client_count; ++i) clients.push_back(connect());
  std::vector<std::thread> threads;
  for (auto& client : clients)
    threads.emplace_back([&] {
      try {
        for (;;) {
          if (!client.send(get("/a"))) return;
          const auto answer = client.receive();
          if (!answer) return;  // Closed between two requests.
          if (answer->status != 200 || answer->json()["path"] != "/a") ++torn;
          ++answered;
          if (answer->header("Connection") == "close") return;
        }
      } catch (const std::exception&) {
        ++torn;
      }
    });
  EXPECT_TRUE(eventually([&] { return answered > 500; }));
  server->stop(seconds{30});
  for (auto& t : threads) t.join();
  EXPECT_EQ(torn, 0);
  EXPECT_EQ(server->stats().connections, 0U);
}

TEST_F(HttpServerStop, IsSafeWhileOtherThreadsAnswer) {
  start();
  std::vector<raw_client> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(connect());
    clients.back().send(get("/hold"));
  }
  ASSERT_TRUE(eventually([&] { return server->stats().in_flight == 50; }));
  auto held = take_held();
  std::thread answering{[&] {
    for (auto& answer : held) answer(response::text("done"));
  }};
  server.reset();
  answering.join();
}

}  // namespace
}  // namespace streamspace
