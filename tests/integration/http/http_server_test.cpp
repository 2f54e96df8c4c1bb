#include <thread>

#include <gmock/gmock.h>

#include "integration/http/server_fixture.hpp"

namespace streamspace {
namespace {

using testing::eventually;
using testing::get;
using ::testing::HasSubstr;
using testing::raw_client;

class HttpServer : public testing::server_fixture {};

TEST_F(HttpServer, AnswersARequest) {
  start();
  auto client = connect();
  const auto answer = client.ask(get("/a%20b?x=1", "X-Request-Id: trace-7\r\n"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->json()["path"], "/a b");
  EXPECT_EQ(answer->json()["id"], "trace-7");
  EXPECT_EQ(answer->json()["remote"], "127.0.0.1");
  EXPECT_EQ(answer->header("X-Request-Id"), "trace-7");
  EXPECT_EQ(answer->header("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(answer->header("Content-Type"), "application/json");
  EXPECT_THAT(std::string{answer->header("Date")}, ::testing::EndsWith(" GMT"));
  EXPECT_EQ(answer->header("Connection"), "");
}

TEST_F(HttpServer, KeepsTheConnectionForFurtherRequests) {
  start();
  auto client = connect();
  for (int i = 0; i < 100; ++i) {
    const auto answer = client.ask(get("/" + std::to_string(i)));
    ASSERT_TRUE(answer);
    ASSERT_EQ(answer->json()["path"], "/" + std::to_string(i));
  }
  EXPECT_EQ(server->stats().connections, 1U);
  EXPECT_EQ(server->stats().requests, 100U);
}

TEST_F(HttpServer, AnswersPipelinedRequestsInOrder) {
  start();
  auto client = connect();
  std::string all;
  for (int i = 0; i < 300; ++i) all += get("/" + std::to_string(i));
  ASSERT_TRUE(client.send(all));
  for (int i = 0; i < 300; ++i) {
    const auto answer = client.receive();
    ASSERT_TRUE(answer);
    ASSERT_EQ(answer->json()["path"], "/" + std::to_string(i));
  }
}

TEST_F(HttpServer, HoldsPipelinedRequestsBackUntilTheOneBeforeIsAnswered) {
  start();
  auto client = connect();
  client.send(get("/hold") + get("/second"));
  auto first = wait_for_held();
  EXPECT_EQ(server->stats().requests, 1U);
  first(response::text("first"));
  EXPECT_EQ(client.receive()->body, "first");
  EXPECT_EQ(client.receive()->json()["path"], "/second");
}

TEST_F(HttpServer, GivesHeadTheHeadersOfGetAndNoBody) {
  start();
  auto client = connect();
  client.send("HEAD /big HTTP/1.1\r\nHost: h\r\n\r\n" + get("/next"));
  const auto head = client.receive(true);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->header("Content-Length"), std::to_string(16UL * 1024 * 1024));
  const auto next = client.receive();
  ASSERT_TRUE(next);
  EXPECT_EQ(next->json()["path"], "/next") << "no byte of a body came between";
}

TEST_F(HttpServer, ClosesWhenTheClientAsksForIt) {
  start();
  auto client = connect();
  const auto answer = client.ask(get("/a", "Connection: close\r\n"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->header("Connection"), "close");
  EXPECT_TRUE(client.is_closed());
}

TEST_F(HttpServer, SpeaksHttp10) {
  start();
  auto client = connect();
  const auto kept = client.ask("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->header("Connection"), "keep-alive");
  const auto last = client.ask("GET /b HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(last);
  EXPECT_EQ(last->header("Connection"), "close");
  EXPECT_TRUE(client.is_closed());
}

TEST_F(HttpServer, ReadsBodiesWithALengthAndInChunks) {
  start();
  auto client = connect();
  const std::string body(300'000, 'b');
  const auto plain =
      client.ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->json()["body"], body);

  std::string chunks;
  for (std::size_t at = 0; at < body.size(); at += 10'000) chunks += "2710\r\n" + body.substr(at, 10'000) + "\r\n";
  const auto chunked =
      client.ask("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\n\r\n");
  ASSERT_TRUE(chunked);
  EXPECT_EQ(chunked->json()["body"], body);
}

TEST_F(HttpServer, TellsAWaitingClientToContinue) {
  start();
  auto client = connect();
  const auto go_on = client.ask("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  ASSERT_TRUE(go_on);
  EXPECT_EQ(go_on->status, 100);
  const auto answer = client.ask("body");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->json()["body"], "body");
  // A client that may not send its body learns that instead.
  const auto refused =
      client.ask("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4000000\r\n\r\n");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 413);
}

TEST_F(HttpServer, AnswersAClientThatHasEndedItsDirection) {
  start();
  auto client = connect();
  client.send(get("/a"));
  client.finish();
  EXPECT_EQ(client.receive()->status, 200);
  EXPECT_TRUE(client.is_closed());
}

TEST_F(HttpServer, TakesTheAnswerFromAnotherThread) {
  start();
  auto client = connect();
  client.send(get("/hold"));
  auto answer = wait_for_held();
  std::thread{[&] { answer(response::text("from afar")); }}.join();
  EXPECT_EQ(client.receive()->body, "from afar");
}

TEST_F(HttpServer, AnswersUnavailableWhenTheResponderIsDropped) {
  start();
  auto client = connect();
  EXPECT_EQ(client.ask(get("/drop"))->status, 503);
  client.send(get("/hold"));
  { const auto dropped = wait_for_held(); }
  EXPECT_EQ(client.receive()->status, 503);
  EXPECT_EQ(client.ask(get("/a"))->status, 200) << "the connection goes on";
}

TEST_F(HttpServer, AnswersForAHandlerThatThrows) {
  start();
  auto client = connect();
  const auto answer = client.ask(get("/throw"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 500);
  EXPECT_EQ(answer->json()["code"], "internal");
  EXPECT_THAT(faults(), ::testing::ElementsAre(HasSubstr("as told")));
  EXPECT_EQ(client.ask(get("/a"))->status, 200);
}

TEST_F(HttpServer, SendsNoHeaderThatBreaksOutOfItsLine) {
  start();
  auto client = connect();
  const auto answer = client.ask(get("/split"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 500);
  EXPECT_EQ(answer->header("X-Evil"), "");
  EXPECT_THAT(faults(), ::testing::ElementsAre(HasSubstr("header field")));
}

TEST_F(HttpServer, WritesLargeAnswers) {
  start();
  auto client = connect();
  EXPECT_EQ(client.ask(get("/big"))->body.size(), 16UL * 1024 * 1024);
}

TEST_F(HttpServer, ServesTwoHundredConnectionsAtOnce) {
  start();
  std::vector<raw_client> clients;
  for (int i = 0; i < 200; ++i) clients.push_back(connect());
  for (int round = 0; round < 5; ++round) {
    for (std::size_t i = 0; i < clients.size(); ++i) ASSERT_TRUE(clients[i].send(get("/" + std::to_string(i))));
    for (std::size_t i = 0; i < clients.size(); ++i) {
      const auto answer = clients[i].receive();
      ASSERT_TRUE(answer);
      ASSERT_EQ(answer->json()["path"], "/" + std::to_string(i));
    }
  }
  EXPECT_EQ(server->stats().connections, 200U);
  clients.clear();
  EXPECT_TRUE(eventually([&] { return server->stats().connections == 0; }));
}

TEST_F(HttpServer, ForgetsClientsThatResetTheirConnection) {
  start();
  auto waiting = connect();
  waiting.send(get("/hold"));
  auto answer = wait_for_held();
  auto reading = connect();
  reading.send(get("/big"));
  EXPECT_TRUE(eventually([&] { return server->stats().requests == 2; }));
  waiting.abort();
  reading.abort();
  answer(response::text("to nobody"));
  EXPECT_TRUE(eventually([&] { return server->stats().connections == 0; }));
}

TEST_F(HttpServer, SaysWhyItCannotListen) {
  start();
  const auto refusal = [](std::string address, std::uint16_t port) {
    http_server_options o;
    o.address = std::move(address);
    o.port = port;
    http_server other{std::move(o), [](request, responder) {}};
    try {
      other.start();
    } catch (const error& e) {
      EXPECT_EQ(e.code(), ec::io_error);
      return e.message();
    }
    return std::string{"it listens"};
  };
  EXPECT_EQ(refusal("127.0.0.1", server->port()),
            "port " + std::to_string(server->port()) +
                " on 127.0.0.1 is in use by another program; choose another with --port");
  EXPECT_THAT(refusal("192.0.2.1", 0), HasSubstr("has no address 192.0.2.1"));
  EXPECT_THAT(refusal("no such host", 0), HasSubstr("neither an IP address nor a host name"));
  EXPECT_EQ(refusal("localhost", 0), "it listens");
  EXPECT_THROW(server->start(), error);
}

}  // namespace
}  // namespace streamspace
