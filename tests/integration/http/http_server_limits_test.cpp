#include <gmock/gmock.h>

#include "integration/http/server_fixture.hpp"

namespace streamspace {
namespace {

using std::chrono::milliseconds;
using testing::eventually;
using testing::get;
using namespace std::string_literals;

class HttpServerLimits : public testing::server_fixture {
 protected:
  /// The server refuses these bytes with this status and a problem document, and closes.
  void expect_refusal(std::string_view bytes, int status) {
    auto client = connect();
    client.send(bytes);
    const auto answer = client.receive();
    ASSERT_TRUE(answer) << bytes.substr(0, 100);
    EXPECT_EQ(answer->status, status) << bytes.substr(0, 100);
    EXPECT_EQ(answer->header("Content-Type"), "application/problem+json");
    EXPECT_EQ(answer->header("Connection"), "close");
    EXPECT_EQ(answer->header("X-Request-Id").size(), 36U);
    EXPECT_EQ(answer->json()["status"], status);
    EXPECT_TRUE(client.is_closed()) << bytes.substr(0, 100);
  }
};

TEST_F(HttpServerLimits, RefusesEveryAmbiguousShapeAndCloses) {
  start();
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  for (const auto& bytes : std::vector<std::string>{
           post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
           post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", post + "Content-Length: x\r\n\r\n",
           "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n"s, "GET / HTTP/1.1\nHost: a\n\n",
           "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
           "GET /a%2Fb HTTP/1.1\r\nHost: a\r\n\r\n", "GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n",
           post + "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n", "\x16\x03\x01\x02TLS"})
    expect_refusal(bytes, 400);
  expect_refusal(post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501);
  expect_refusal(post + "Expect: more\r\nContent-Length: 1\r\n\r\n", 417);
  expect_refusal("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
  expect_refusal("TRACE / HTTP/1.1\r\nHost: h\r\n\r\n", 501);
  EXPECT_EQ(server->stats().requests, 0U) << "no handler saw any of them";
  EXPECT_EQ(server->stats().refused, 20U);
}

TEST_F(HttpServerLimits, RefusesWhatIsTooLong) {
  start();
  expect_refusal(get("/" + std::string(9 * 1024, 'a')), 414);
  expect_refusal(get("/", "X: " + std::string(17 * 1024, 'a') + "\r\n"), 431);
  std::string fields;
  for (int i = 0; i < 101; ++i) fields += "X: y\r\n";
  expect_refusal(get("/", fields), 431);
}

TEST_F(HttpServerLimits, LetsTheClientReadTheRefusalWhileItStillSendsItsBody) {
  start();
  auto client = connect();
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n");
  const std::string piece(64 * 1024, 'x');
  for (int i = 0; i < 32; ++i)
    if (!client.send(piece)) break;
  client.finish();
  const auto answer = client.receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 413);
  EXPECT_TRUE(client.is_closed()) << "a reset could have lost the answer on its way";
}

TEST_F(HttpServerLimits, NeverServesWhatFollowsARefusedRequest) {
  start();
  auto client = connect();
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" +
              get("/smuggled"));
  client.finish();
  const auto all = client.receive_all();
  EXPECT_EQ(all.rfind("HTTP/1.1 400 ", 0), 0U);
  EXPECT_EQ(all.find("HTTP/1.1", 1), std::string::npos);
  EXPECT_EQ(server->stats().requests, 0U);
}

TEST_F(HttpServerLimits, CutsAClientThatIsSlowWithItsHeader) {
  options.limits.header_deadline = milliseconds{200};
  start();
  expect_refusal("GET / HTTP/1.1\r\nHo", 408);

  auto kept = connect();
  EXPECT_EQ(kept.ask(get("/a"))->status, 200);
  EXPECT_EQ(kept.ask("GET / HTTP/1.1\r\nHo")->status, 408) << "of a later request too";

  auto trickling = connect();
  std::size_t sent = 0;
  const auto head = get("/", "X-Filler: " + std::string(8 * 1024, 'x') + "\r\n");
  EXPECT_TRUE(eventually(
      [&] { return sent == head.size() || !trickling.send(head.substr(sent++, 1)) || server->stats().refused == 3; }));
  EXPECT_LT(sent, head.size()) << "the deadline is absolute";
  EXPECT_EQ(trickling.receive()->status, 408);
}

TEST_F(HttpServerLimits, CutsAClientThatIsSlowWithItsBody) {
  options.limits.body_deadline = milliseconds{200};
  start();
  expect_refusal("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc", 408);
  expect_refusal("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", 408);
}

TEST_F(HttpServerLimits, ClosesIdleConnectionsWithoutAWord) {
  options.limits.header_deadline = milliseconds{200};
  options.limits.idle_deadline = milliseconds{200};
  start();
  auto silent = connect();
  auto served = connect();
  EXPECT_EQ(served.ask(get("/a"))->status, 200);
  EXPECT_TRUE(silent.is_closed());
  EXPECT_TRUE(served.is_closed());
}

TEST_F(HttpServerLimits, CutsAClientThatDoesNotReadItsAnswer) {
  options.limits.write_deadline = milliseconds{200};
  start();
  auto client = connect();
  client.send(get("/big"));
  EXPECT_TRUE(eventually([&] { return server->stats().requests == 1; }));
  EXPECT_TRUE(eventually([&] { return server->stats().connections == 0; }));
}

TEST_F(HttpServerLimits, AnswersForAHandlerThatDoesNotInTime) {
  options.limits.answer_deadline = milliseconds{300};
  start();
  auto client = connect();
  const auto answer = client.ask(get("/hold"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 504);
  EXPECT_EQ(answer->json()["code"], "timeout");
  EXPECT_EQ(server->stats().in_flight, 0U);

  auto late = wait_for_held();
  client.send(get("/hold"));
  auto next = wait_for_held();
  late(response::text("too late"));
  next(response::text("in time"));
  EXPECT_NE(client.receive()->body, "too late") << "a late answer is nobody's, least of all the next request's";
}

TEST_F(HttpServerLimits, RefusesRequestsOverTheCapOfThoseInFlight) {
  options.limits.requests_in_flight = 2;
  start();
  auto a = connect();
  auto b = connect();
  auto c = connect();
  a.send(get("/hold"));
  b.send(get("/hold"));
  ASSERT_TRUE(eventually([&] { return server->stats().in_flight == 2; }));
  const auto refused = c.ask(get("/a"));
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(refused->header("Retry-After"), "1");
  for (auto& held : take_held()) held(response::text("done"));
  EXPECT_EQ(a.receive()->status, 200);
  EXPECT_EQ(b.receive()->status, 200);
  EXPECT_EQ(c.ask(get("/a"))->status, 200) << "the connection goes on";
}

TEST_F(HttpServerLimits, RefusesConnectionsOverTheCap) {
  options.limits.connections = 2;
  start();
  auto a = connect();
  auto b = connect();
  ASSERT_EQ(a.ask(get("/a"))->status, 200);
  ASSERT_EQ(b.ask(get("/a"))->status, 200);
  {
    auto c = connect();
    EXPECT_EQ(c.receive()->status, 503);
    EXPECT_TRUE(c.is_closed());
  }
  a.abort();
  EXPECT_TRUE(eventually([&] { return server->stats().connections == 1; }));
  auto d = connect();
  EXPECT_EQ(d.ask(get("/a"))->status, 200);
}

TEST_F(HttpServerLimits, RefusesBodiesOverWhatAllMayHoldTogether) {
  options.limits.bodies_bytes = 10'000;
  start();
  const auto post = [](std::string_view path, std::size_t size) {
    return "POST " + std::string{path} + " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(size) +
           "\r\n\r\n" + std::string(size, 'x');
  };
  auto a = connect();
  auto b = connect();
  a.send(post("/hold", 8'000));
  auto held = wait_for_held();
  const auto refused = b.ask(post("/a", 4'000));
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 503);
  held(response::text("done"));
  EXPECT_EQ(a.receive()->status, 200);
  auto c = connect();
  EXPECT_EQ(c.ask(post("/a", 9'000))->status, 200) << "what was held is given back";

  auto gone = connect();
  gone.send(post("/a", 9'000).substr(0, 5'000));
  EXPECT_TRUE(eventually([&] { return server->stats().bodies_bytes >= 4'900; })) << "a half-read body counts";
  gone.abort();
  EXPECT_TRUE(eventually([&] { return server->stats().bodies_bytes == 0; })) << "until its client leaves";
}

}  // namespace
}  // namespace streamspace
