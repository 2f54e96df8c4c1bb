// The follower alone, with a database in memory, a clock that the test moves and a plugin that does as it is told.
#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include <streamspace/actors/event_follower.hpp>
#include <streamspace/messages/names.hpp>
#include <streamspace/persistence/event_log_sql.hpp>

namespace streamspace {

void PrintTo(const log_position& at, std::ostream* out) {
  *out << to_string(at);
}

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::SizeIs;
using enum delivery_outcome;

using clock_type = event_follower::clock;

/// The log, and the cursor and the retries of one subscription, as the database keeps them.
class fake_database {
 public:
  enum class kind { claim, release, save, read, retries };
  struct parked {
    std::string envelope;
    unsigned attempts = 0;
    clock_type::time_point next_at;
    std::string error;
  };
  /// A save that was recorded.
  struct recorded {
    log_position settled;
    std::vector<log_position> parked;
    std::vector<log_position> retried;
    std::vector<json> letters;
  };

  explicit fake_database(const clock_type::time_point& now) : now_{now} {}

  static kind kind_of(const sql_statement& s) {
    if (s.text == claim_cursor({}, {}, {}).text) return kind::claim;
    if (s.text == release_cursor({}, {}).text) return kind::release;
    if (s.text.find("UPDATE event_cursors SET xid") != std::string::npos) return kind::save;
    return s.text.find("FROM event_retries") != std::string::npos ? kind::retries : kind::read;
  }

  /// An event of a transaction of its own, or of this one.
  log_position append(const std::string& type, json data = json::object(), std::uint64_t transaction = 0) {
    const log_position at{transaction == 0 ? ++last_transaction : transaction, ++last_number_};
    log[at] = std::make_shared<const event>(type, std::move(data));
    return at;
  }
  std::uint64_t begin() { return open.insert(++last_transaction), last_transaction; }

  result<sql_result> run(const sql_statement& s) {
    switch (kind_of(s)) {
      case kind::claim:
        return claim(s);
      case kind::release:
        if (holder == s.params[2].text()) holder.clear();
        return sql_result{};
      case kind::save:
        return save(s);
      case kind::read:
        return read(s);
      case kind::retries:
        return find_retries(s);
    }
    return failure(ec::internal, "no such statement");
  }

  /// Whether the event is done with: handled events are the test's to know.
  bool buried(const log_position& at) const {
    return std::any_of(saves.begin(), saves.end(), [&](const recorded& s) {
      return std::any_of(s.letters.begin(), s.letters.end(),
                         [&](const json& letter) { return letter["event"]["id"] == log.at(at)->id(); });
    });
  }

  std::map<log_position, event_ptr> log;
  std::set<log_position> unreadable;
  std::set<std::uint64_t> open;
  std::uint64_t last_transaction = 0;
  std::string pattern = ">";
  log_position settled;
  std::map<log_position, parked> retries;
  std::string holder;
  clock_type::time_point lease_until;
  std::vector<recorded> saves;
  int refused = 0;  ///< Statements that the database will never take.
  std::function<void(const recorded&)> on_save = [](const recorded&) {};

 private:
  static sql_result one_row() { return sql_result{sql_table{{"?column?"}, {"1"}, 1, 1}}; }
  static std::size_t limit_of(const sql_statement& s) { return std::stoul(s.text.substr(s.text.rfind("LIMIT ") + 6)); }
  static log_position position_of(const json& row) {
    return {std::stoull(row["xid"].get<std::string>()), row["seq"].get<std::uint64_t>()};
  }
  void extend(const sql_param& lease) { lease_until = now_ + milliseconds{std::stoll(*lease.text())}; }

  result<sql_result> claim(const sql_statement& s) {
    if (!holder.empty() && holder != s.params[2].text() && lease_until >= now_) return sql_result{};
    holder = *s.params[2].text();
    extend(s.params[3]);
    return sql_result{
        sql_table{{"xid", "seq"}, {std::to_string(settled.transaction), std::to_string(settled.number)}, 1, 1}};
  }

  result<sql_result> save(const sql_statement& s) {
    if (holder != s.params[2].text()) return sql_result{};
    recorded done{{std::stoull(*s.params[3].text()), std::stoull(*s.params[4].text())}, {}, {}, {}};
    std::map<log_position, parked> more;
    if (s.params.size() > 6) {
      for (const auto& row : json::parse(*s.params[6].text())) {
        const auto at = position_of(row);
        done.parked.push_back(at);
        const bool first =
            more.emplace(at, parked{row["event"].dump(), row["attempts"],
                                    now_ + milliseconds{row["pause"].get<milliseconds::rep>()}, row["error"]})
                .second;
        if (first) continue;
        ++refused;
        return failure(ec::database_error, "cannot affect row a second time", {{"sqlstate", "21000"}});
      }
      for (const auto& row : json::parse(*s.params[7].text())) done.retried.push_back(position_of(row));
      for (auto& row : json::parse(*s.params[8].text())) done.letters.push_back(std::move(row));
    }
    settled = done.settled;
    extend(s.params[5]);
    for (auto& [at, of] : more) retries[at] = std::move(of);
    for (const auto& at : done.retried) retries.erase(at);
    saves.push_back(done);
    on_save(done);
    return one_row();
  }

  result<sql_result> read(const sql_statement& s) const {
    const auto& params = s.params;
    const log_position after{std::stoull(*params[params.size() - 2].text()), std::stoull(*params.back().text())};
    const auto xmin = open.empty() ? last_transaction + 1 : *open.begin();
    const bool held_back = std::any_of(log.begin(), log.end(), [&](const auto& e) {
      return e.first.transaction >= xmin && !open.contains(e.first.transaction);
    });
    sql_table table{{"xmin", "held_back", "xid", "seq", "at", "id", "type", "source", "time", "data"}, {}, 0, 0};
    const auto add = [&](std::vector<std::optional<std::string>> cells) {
      table.add(std::to_string(xmin));
      table.add(held_back ? "t" : "f");
      for (const auto& cell : cells) table.add(cell);
      ++table.rows;
    };
    const auto limit = limit_of(s);
    for (auto it = log.upper_bound(after); it != log.end() && it->first.transaction < xmin && table.rows < limit; ++it)
      if (matches(pattern, it->second->type()))
        add({std::to_string(it->first.transaction), std::to_string(it->first.number), to_rfc3339(it->second->time()),
             it->second->id(), it->second->type(), it->second->source(),
             unreadable.contains(it->first) ? "infinity" : to_rfc3339(it->second->time()), it->second->data().dump()});
    if (table.rows == 0) add(std::vector<std::optional<std::string>>(8));
    return sql_result{std::move(table)};
  }

  result<sql_result> find_retries(const sql_statement& s) const {
    std::vector<std::pair<clock_type::time_point, log_position>> due;
    std::optional<clock_type::time_point> next;
    for (const auto& [at, of] : retries)
      if (of.next_at <= now_)
        due.emplace_back(of.next_at, at);
      else if (!next || of.next_at < *next)
        next = of.next_at;
    std::sort(due.begin(), due.end());
    due.resize(std::min(due.size(), limit_of(s)));
    std::optional<std::string> next_in;
    if (next) next_in = std::to_string(std::chrono::ceil<milliseconds>(*next - now_).count());
    sql_table table{{"waiting", "next_in", "xid", "seq", "event", "attempts"}, {}, 0, 0};
    const auto add = [&](std::vector<std::optional<std::string>> cells) {
      table.add(std::to_string(retries.size()));
      table.add(next_in);
      for (const auto& cell : cells) table.add(cell);
      ++table.rows;
    };
    for (const auto& [when, at] : due) {
      const auto& of = retries.at(at);
      add({std::to_string(at.transaction), std::to_string(at.number), of.envelope, std::to_string(of.attempts)});
    }
    if (due.empty()) add(std::vector<std::optional<std::string>>(4));
    return sql_result{std::move(table)};
  }

  const clock_type::time_point& now_;
  std::uint64_t last_number_ = 0;
};

using kind = fake_database::kind;

/// A follower whose time, database and plugin the test moves.
class follower_bed {
 public:
  struct question {
    sql_statement statement;
    event_follower::answer answer;
  };
  struct delivery {
    subscription_ptr target;
    std::vector<event_ptr> events;
    std::function<void(event_follower::results)> done;
  };
  /// A call of the handler.
  struct call {
    std::string type;
    std::string id;
    clock_type::time_point when;
    delivery_outcome outcome;
  };

  follower_bed() { renew_follower("here"); }

  /// The follower of a host that begins now; whatever the one before waited for does not come.
  void renew_follower(const std::string& holder) {
    asked.clear();
    deliveries.clear();
    timers.clear();
    follower.reset();
    event_follower::setup with;
    with.cursor = {"p", "all"};
    with.holder = holder;
    with.query = [this](sql_statement statement, event_follower::answer answer) {
      asked.push_back({std::move(statement), std::move(answer)});
    };
    with.deliver = [this](const subscription_ptr& to, std::vector<event_ptr> events, auto done) {
      deliveries.push_back({to, std::move(events), std::move(done)});
    };
    with.after = [this](milliseconds pause, std::function<void()> then) {
      timers.emplace(now + pause, std::move(then));
    };
    with.next_letter = [this] { return ++last_letter; };
    with.lease = lease;
    with.log = [this](log_record record) { lines.push_back(std::move(record)); };
    with.now = [this] { return now; };
    with.seed = 7;
    follower = std::make_unique<event_follower>(std::move(with));
  }

  static subscription_ptr target(durable_options how = {}, const std::string& pattern = ">") {
    auto s = std::make_shared<subscription>();
    s->plugin = "p";
    s->pattern = pattern;
    s->durable = {"all", how};
    return s;
  }

  void answer(std::size_t which, result<sql_result> with) {
    const auto next = std::move(asked[which]);
    asked.erase(asked.begin() + static_cast<std::ptrdiff_t>(which));
    next.answer(std::move(with));
  }
  /// Answers the oldest question: as the database does, or with a failure.
  void answer() {
    const auto& s = asked.front().statement;
    answer(0, fails(s) ? failure(ec::database_unreachable, "it is gone") : database.run(s));
  }
  /// The subscription's answer to the oldest delivery.
  void deliver() {
    const auto next = std::move(deliveries.front());
    deliveries.pop_front();
    event_follower::results results;
    for (const auto& e : next.events) {
      const auto came_of_it = handler(*e);
      results.emplace_back("p", next.target->pattern, came_of_it, "", came_of_it == handled ? "" : "it went wrong");
      calls.push_back({e->type(), e->id(), now, came_of_it});
    }
    next.done(std::move(results));
  }
  /// Lets happen what can happen at this moment.
  void settle() {
    for (int steps = 0; steps < 1'000'000; ++steps)
      if (!asked.empty() && !database_is_silent)
        answer();
      else if (!deliveries.empty() && !plugin_is_silent)
        deliver();
      else
        return;
    ADD_FAILURE() << "it never comes to rest";
  }
  /// Calls the next timer that is due until then.
  bool ring(clock_type::time_point until) {
    if (timers.empty() || timers.begin()->first > until) return false;
    now = std::max(now, timers.begin()->first);
    const auto then = std::move(timers.begin()->second);
    timers.erase(timers.begin());
    then();
    return true;
  }
  void run_for(milliseconds time) {
    const auto until = now + time;
    settle();
    while (ring(until)) settle();
    now = until;
  }

  void assign(durable_options how = {}) { follower->assign(target(how)); }
  void stop() {
    follower->stop([this] { ++stopped; });
  }

  std::vector<std::string> heard() const {
    std::vector<std::string> types;
    for (const auto& c : calls) types.push_back(c.type);
    return types;
  }
  std::size_t heard(const std::string& type) const {
    return static_cast<std::size_t>(std::count_if(calls.begin(), calls.end(), [&](auto& c) { return c.type == type; }));
  }
  /// What lay between the calls with events of this type.
  std::vector<milliseconds> gaps(const std::string& type) const {
    std::vector<milliseconds> between;
    std::optional<clock_type::time_point> last;
    for (const auto& c : calls) {
      if (c.type != type) continue;
      if (last) between.push_back(std::chrono::duration_cast<milliseconds>(c.when - *last));
      last = c.when;
    }
    return between;
  }
  std::vector<kind> asked_kinds() const {
    std::vector<kind> kinds;
    for (const auto& q : asked) kinds.push_back(fake_database::kind_of(q.statement));
    return kinds;
  }
  std::size_t logged(const std::string& text) const {
    return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [&](const log_record& r) {
      return (r.message + r.data.dump()).find(text) != std::string::npos;
    }));
  }

  static constexpr milliseconds lease{9'000};
  clock_type::time_point now{1h};
  fake_database database{now};
  std::deque<question> asked;
  std::deque<delivery> deliveries;
  std::multimap<clock_type::time_point, std::function<void()>> timers;
  bool database_is_silent = false;
  bool plugin_is_silent = false;
  std::function<bool(const sql_statement&)> fails = [](const sql_statement&) { return false; };
  std::function<delivery_outcome(const event&)> handler = [](const event&) { return handled; };
  std::vector<call> calls;
  std::vector<log_record> lines;
  std::uint64_t last_letter = 0;
  int stopped = 0;
  std::unique_ptr<event_follower> follower;
};

struct EventFollower : ::testing::Test, follower_bed {
  /// Fails or refuses events of this type.
  void answer_with(const std::string& type, delivery_outcome outcome) {
    handler = [type, outcome](const event& e) { return e.type() == type ? outcome : handled; };
  }
  void fail(std::optional<kind> what) {
    fails = [what](const sql_statement& s) { return what == fake_database::kind_of(s); };
  }
  /// Neither questions, deliveries nor a second end come of it, whatever happens.
  void expect_at_rest() {
    EXPECT_EQ(stopped, 1);
    follower->wake();
    run_for(10min);
    EXPECT_THAT(asked, IsEmpty());
    EXPECT_THAT(deliveries, IsEmpty());
    EXPECT_EQ(stopped, 1);
  }
  static durable_options patient(unsigned attempts = 4) {
    durable_options how;
    how.attempts = attempts;
    return how;
  }
  static durable_options in_order(unsigned attempts = 4) {
    auto how = patient(attempts);
    how.in_order = true;
    return how;
  }
  static durable_options in_batches(std::size_t size) {
    durable_options how;
    how.batch = size;
    return how;
  }
  static constexpr milliseconds little{1};
};

// -- the cursor -----------------------------------------------------------------------------------------------------

TEST_F(EventFollower, DoesNothingBeforeItHasATarget) {
  database.append("a.1");
  follower->wake();
  EXPECT_THAT(asked, IsEmpty());
  EXPECT_THAT(timers, IsEmpty());
}

TEST_F(EventFollower, ClaimsItsCursorBeforeItReads) {
  database.append("a.1");
  assign();
  follower->wake();
  EXPECT_THAT(asked_kinds(), ElementsAre(kind::claim));
  EXPECT_EQ(asked[0].statement.params[0].text(), "p");
  EXPECT_EQ(asked[0].statement.params[1].text(), "all");
  EXPECT_EQ(asked[0].statement.params[2].text(), "here");
  answer();
  EXPECT_THAT(asked_kinds(), Contains(kind::retries)) << "what waits from before comes first";
  run_for(little);
  EXPECT_THAT(heard(), ElementsAre("a.1"));
}

TEST_F(EventFollower, ReadsOnFromWhereTheCursorStands) {
  database.append("a.1");
  database.settled = database.append("a.2");
  database.append("a.3");
  assign();
  run_for(little);
  EXPECT_THAT(heard(), ElementsAre("a.3"));
}

TEST_F(EventFollower, WaitsWhileAnotherHasTheCursorAndTakesOverWhenItsLeaseEnds) {
  database.append("a.1");
  database.holder = "elsewhere";
  database.lease_until = now + 30s;
  assign();
  run_for(30s);
  EXPECT_EQ(database.holder, "elsewhere");
  EXPECT_THAT(heard(), IsEmpty());
  EXPECT_THAT(database.saves, IsEmpty());
  EXPECT_THAT(lines, IsEmpty()) << "there is nothing wrong with that";
  run_for(lease);
  EXPECT_EQ(database.holder, "here");
  EXPECT_THAT(heard(), ElementsAre("a.1"));
}

TEST_F(EventFollower, ClaimsAgainAfterAWhileWhenTheDatabaseFails) {
  database.append("a.1");
  fail(kind::claim);
  assign();
  run_for(5s);
  EXPECT_THAT(asked, IsEmpty()) << "not at once";
  EXPECT_EQ(logged("it is gone"), 1U) << "not a line for each";
  fail({});
  run_for(1s);
  EXPECT_THAT(heard(), ElementsAre("a.1"));
}

TEST_F(EventFollower, KeepsTheCursorForAsLongAsAHandlerTakes) {
  database.append("a.1");
  plugin_is_silent = true;
  assign();
  for (int i = 0; i < 60; ++i) {
    run_for(1s);
    EXPECT_GT(database.lease_until, now) << i;
    EXPECT_EQ(database.settled, log_position{});
  }
  EXPECT_THAT(deliveries, SizeIs(1));
}

TEST_F(EventFollower, KeepsTheCursorWhileItPausesAndWhileThereIsNothing) {
  assign(in_order());
  run_for(1min);
  EXPECT_GT(database.lease_until, now);
  database.append("a.1");
  answer_with("a.1", refused);
  run_for(1min);
  EXPECT_GT(database.lease_until, now);
}

TEST_F(EventFollower, SavesNothingMoreAndClaimsAgainWhenAnotherHasTakenOver) {
  database.append("a.1");
  assign();
  run_for(little);
  database.holder = "elsewhere";
  database.lease_until = now + 30s;
  const auto saves = database.saves.size();
  database.append("a.2");
  follower->wake();
  run_for(20s);
  EXPECT_EQ(database.saves.size(), saves);
  EXPECT_EQ(heard("a.2"), 1U) << "it did not know yet";
  EXPECT_EQ(logged("another host has taken over"), 1U);
  database.settled = database.append("a.3");
  database.append("a.4");
  run_for(20s);
  EXPECT_EQ(database.holder, "here");
  EXPECT_THAT(heard(), ElementsAre("a.1", "a.2", "a.4")) << "it goes on where the other one ended";
}

TEST_F(EventFollower, ForgetsWhatCameOfABatchThatIsAnotherHostsNow) {
  database.append("a.1");
  database.append("a.2");
  answer_with("a.1", exception);
  plugin_is_silent = true;
  assign(patient(2));
  run_for(little);
  database.holder = "elsewhere";
  database.lease_until = now + 10s;
  run_for(5s);
  plugin_is_silent = false;
  run_for(2s);
  EXPECT_THAT(heard(), ElementsAre("a.1", "a.2"));
  EXPECT_THAT(database.retries, IsEmpty());
  run_for(1min);
  EXPECT_EQ(heard("a.2"), 2U) << "the other host saved nothing";
  EXPECT_EQ(heard("a.1"), 3U);
  EXPECT_TRUE(database.buried({1, 1}));
}

TEST_F(EventFollower, DoesNotBringTheRestOfABatchThatIsAnotherHostsNow) {
  database.append("a.1");
  database.append("a.2");
  auto how = in_order();
  how.first_pause = how.longest_pause = 5min;
  answer_with("a.1", exception);
  assign(how);
  run_for(little);
  EXPECT_THAT(heard(), ElementsAre("a.1"));
  database.holder = "elsewhere";
  database.lease_until = now + 1h;
  run_for(10min);
  EXPECT_THAT(heard(), ElementsAre("a.1")) << "the other one is at them, or past them";
  database.lease_until = now;
  handler = [](const event&) { return handled; };
  run_for(lease);
  EXPECT_THAT(heard(), ElementsAre("a.1", "a.1", "a.2"));
}

// -- what there is for it -------------------------------------------------------------------------------------------

TEST_F(EventFollower, DeliversInTheOrderOfTheLogAndSavesTheirPositionWhenItHasTheResults) {
  for (const auto* type : {"a.1", "a.2", "a.3"}) database.append(type);
  plugin_is_silent = true;
  assign();
  run_for(1min);
  ASSERT_THAT(deliveries, SizeIs(1));
  EXPECT_THAT(deliveries[0].events, SizeIs(3));
  EXPECT_THAT(database.saves, Each(::testing::Field(&fake_database::recorded::settled, log_position{})));
  deliver();
  run_for(little);
  EXPECT_THAT(heard(), ElementsAre("a.1", "a.2", "a.3"));
  EXPECT_GE(database.settled, (log_position{3, 3}));
}

TEST_F(EventFollower, ReadsSoManyAtATimeUntilThereAreNoMore) {
  for (int i = 0; i < 7; ++i) database.append("a." + std::to_string(i));
  plugin_is_silent = true;
  assign(in_batches(3));
  std::vector<std::size_t> sizes;
  for (run_for(little); !deliveries.empty(); run_for(little)) {
    sizes.push_back(deliveries.front().events.size());
    deliver();
  }
  EXPECT_THAT(sizes, ElementsAre(3U, 3U, 1U));
  EXPECT_THAT(heard(), ElementsAre("a.0", "a.1", "a.2", "a.3", "a.4", "a.5", "a.6"));
}

TEST_F(EventFollower, HandsOverOneBatchAtATime) {
  for (int i = 0; i < 10; ++i) database.append("a.1");
  plugin_is_silent = true;
  assign(in_batches(2));
  for (int i = 0; i < 20; ++i) {
    follower->wake();
    run_for(1s);
    EXPECT_THAT(deliveries, SizeIs(1));
  }
}

TEST_F(EventFollower, ReadsAgainWhenItIsWokenWhileItReads) {
  assign();
  settle();
  follower->wake();
  ASSERT_THAT(asked_kinds(), ElementsAre(kind::read));
  auto nothing = database.run(asked[0].statement);
  database.append("a.1");
  follower->wake();
  answer(0, std::move(nothing));
  settle();
  EXPECT_THAT(heard(), ElementsAre("a.1"));
}

TEST_F(EventFollower, FindsWhatNobodyTellsOf) {
  assign();
  run_for(little);
  database.append("a.1");
  run_for(lease);
  EXPECT_THAT(heard(), ElementsAre("a.1"));
}

TEST_F(EventFollower, ReadsWhatItsPatternMeans) {
  follower->assign(target({}, "session.created"));
  settle();
  follower->wake();
  ASSERT_THAT(asked_kinds(), ElementsAre(kind::read));
  EXPECT_EQ(asked[0].statement.params[0].text(), "session.created");
}

TEST_F(EventFollower, PassesWhatItsFilterDoesNotAdmit) {
  for (int i = 0; i < 6; ++i) database.append("a." + std::to_string(i), {{"n", i}});
  auto picky = target(in_batches(2));
  picky->filter = event_filter::parse("data.n == 3").value();
  follower->assign(picky);
  run_for(little);
  EXPECT_THAT(heard(), ElementsAre("a.3"));
  run_for(lease);
  EXPECT_GE(database.settled, (log_position{6, 6}));
}

TEST_F(EventFollower, PassesWhatCannotBeReadAndTellsWhere) {
  database.append("a.1");
  database.unreadable.insert(database.append("a.2"));
  database.append("a.3");
  assign();
  run_for(little);
  EXPECT_THAT(heard(), ElementsAre("a.1", "a.3"));
  EXPECT_EQ(logged("2-2"), 1U);
  EXPECT_GE(database.settled, (log_position{3, 3}));
}

TEST_F(EventFollower, ReadsAgainAfterAWhileWhenTheDatabaseFails) {
  database.append("a.1");
  fail(kind::read);
  assign();
  run_for(5s);
  EXPECT_EQ(logged("it is gone"), 1U);
  fail({});
  run_for(1s);
  EXPECT_THAT(heard(), ElementsAre("a.1"));
}

TEST_F(EventFollower, LooksAgainUntilATransactionEndsThatEventsWaitFor) {
  assign();
  run_for(little);
  const auto late = database.begin();
  database.append("a.2");
  follower->wake();
  run_for(1s);
  EXPECT_THAT(heard(), IsEmpty());
  database.append("a.1", {}, late);
  database.open.clear();
  run_for(100ms);
  EXPECT_THAT(heard(), ElementsAre("a.1", "a.2"));
}

TEST_F(EventFollower, LooksAgainOnceHoweverOftenItIsWokenMeanwhile) {
  assign();
  run_for(little);
  database.begin();
  database.append("a.1");
  for (int i = 0; i < 100; ++i) {
    follower->wake();
    settle();
  }
  EXPECT_LT(timers.size(), 5U) << "each of them would go on as long as the transaction does";
}

// -- failures -------------------------------------------------------------------------------------------------------

TEST_F(EventFollower, TriesWhatFailsAgainOnTheSideWithGrowingPausesAndBuriesItInTheEnd) {
  database.append("a.1", {{"n", 1}});
  database.append("a.2");
  answer_with("a.1", exception);
  assign(patient(4));
  run_for(little);
  EXPECT_THAT(heard(), ElementsAre("a.1", "a.2"));
  EXPECT_GE(database.settled, (log_position{2, 2})) << "it holds nothing back";
  ASSERT_THAT(database.retries, SizeIs(1));
  EXPECT_EQ(database.retries.begin()->second.attempts, 1U);
  EXPECT_EQ(database.retries.begin()->second.error, "it went wrong");
  run_for(1min);
  const auto gaps_then = gaps("a.1");
  ASSERT_THAT(gaps_then, SizeIs(3)) << "four attempts";
  milliseconds most{1'000};
  for (const auto gap : gaps_then) {
    EXPECT_THAT(gap, AllOf(Ge(most * 3 / 4), Le(most)));
    most *= 2;
  }
  EXPECT_EQ(heard("a.2"), 1U);
  EXPECT_THAT(database.retries, IsEmpty());
  const auto last =
      std::find_if(database.saves.begin(), database.saves.end(), [](auto& s) { return !s.letters.empty(); });
  ASSERT_NE(last, database.saves.end());
  EXPECT_THAT(last->retried, ElementsAre(log_position{1, 1})) << "both or neither";
  ASSERT_THAT(last->letters, SizeIs(1));
  const auto& letter = last->letters[0];
  EXPECT_EQ(letter["plugin"], "p");
  EXPECT_EQ(letter["subscription"], ">");
  EXPECT_EQ(letter["cause"], "failed");
  EXPECT_EQ(letter["detail"], "it went wrong");
  EXPECT_EQ(letter["attempts"], 4);
  EXPECT_EQ(letter["event"], database.log.at({1, 1})->envelope());
}

TEST_F(EventFollower, BuriesAtTheFirstFailureWhatMayBeTriedOnce) {
  database.append("a.1");
  answer_with("a.1", timeout);
  assign(patient(1));
  run_for(1min);
  EXPECT_EQ(heard("a.1"), 1U);
  EXPECT_TRUE(database.buried({1, 1}));
  const auto first =
      std::find_if(database.saves.begin(), database.saves.end(), [](auto& s) { return !s.letters.empty(); });
  EXPECT_GE(first->settled, (log_position{1, 1})) << "with the position that passes it";
  EXPECT_THAT(first->parked, IsEmpty());
  EXPECT_EQ(first->letters[0]["cause"], "handler_deadline");
}

TEST_F(EventFollower, PausesNoLongerThanItMay) {
  database.append("a.1");
  answer_with("a.1", error);
  auto how = patient(10);
  how.longest_pause = 3s;
  assign(how);
  run_for(2min);
  const auto gaps_then = gaps("a.1");
  ASSERT_THAT(gaps_then, SizeIs(9));
  EXPECT_THAT(gaps_then, Each(Le(3s)));
  EXPECT_GE(gaps_then.back(), 2'250ms);
}

TEST_F(EventFollower, DoesNotTryAllOfManyAtTheSameMoment) {
  for (int i = 0; i < 50; ++i) database.append("a.1");
  answer_with("a.1", error);
  assign(patient());
  run_for(little);
  std::set<clock_type::time_point> moments;
  for (const auto& [at, of] : database.retries) moments.insert(of.next_at);
  EXPECT_GT(moments.size(), 25U);
}

TEST_F(EventFollower, HandlesARetryOnceItSucceeds) {
  database.append("a.1");
  int calls_left = 2;
  handler = [&](const event&) { return calls_left-- > 0 ? exception : handled; };
  assign(patient());
  run_for(1min);
  EXPECT_EQ(heard("a.1"), 3U);
  EXPECT_THAT(database.retries, IsEmpty());
  EXPECT_FALSE(database.buried({1, 1}));
}

TEST_F(EventFollower, GoesOnWithTheRetriesOfTheHostBefore) {
  const auto at = database.append("a.1");
  database.settled = at;
  database.retries[at] = {database.log.at(at)->envelope().dump(), 3, now - 1s, ""};
  const auto later = database.append("a.2");
  database.settled = later;
  database.retries[later] = {database.log.at(later)->envelope().dump(), 1, now + 20s, ""};
  answer_with("a.1", exception);
  assign(patient(4));
  run_for(little);
  EXPECT_THAT(heard(), ElementsAre("a.1"));
  EXPECT_TRUE(database.buried(at)) << "the attempts of before count";
  run_for(19s);
  EXPECT_EQ(heard("a.2"), 0U);
  run_for(2s);
  EXPECT_EQ(heard("a.2"), 1U);
}

TEST_F(EventFollower, PassesARetryThatCannotBeReadAndGoesOnWithTheOthersThatAreDue) {
  for (int i = 0; i < 4; ++i) {
    const auto at = database.append("a." + std::to_string(i));
    database.settled = at;
    database.retries[at] = {database.log.at(at)->envelope().dump(), 1, now - 10s + i * 1s, ""};
  }
  database.retries.begin()->second.envelope = R"({"type": "a.0"})";
  assign(in_batches(2));
  run_for(1min);
  EXPECT_THAT(heard(), ElementsAre("a.1", "a.2", "a.3"));
  EXPECT_THAT(database.retries, IsEmpty());
  EXPECT_EQ(logged("1-1"), 1U);
}

TEST_F(EventFollower, ReadsNothingNewWhileTenThousandWaitToBeTriedAgain) {
  for (int i = 0; i < 10'000; ++i) {
    const auto at = database.append("old");
    database.settled = at;
    database.retries[at] = {database.log.at(at)->envelope().dump(), 1, now + 60s, ""};
  }
  database.append("new");
  assign(in_batches(1'000));
  follower->wake();
  run_for(59s);
  EXPECT_THAT(heard(), IsEmpty());
  run_for(2s);
  EXPECT_EQ(heard("old"), 10'000U);
  EXPECT_EQ(heard("new"), 1U);
}

TEST_F(EventFollower, HoldsNoMoreThatIsNotRecordedThanMayWaitToBeTriedAgain) {
  for (int i = 0; i < 14'000; ++i) database.append("a.1");
  answer_with("a.1", exception);
  fails = [](const sql_statement& s) { return fake_database::kind_of(s) == kind::save; };
  assign(in_batches(1'000));
  run_for(1s);
  EXPECT_LE(heard("a.1"), 12'000U) << "what is not recorded is kept in memory";
}

TEST_F(EventFollower, SurvivesAnEventAsDeepAsTheLogTakesThatFails) {
  json deep = 1;
  for (;;) {
    json deeper = json::array({deep});
    try {
      event_log_row{event{"a.1", deeper}};
    } catch (const streamspace::error&) {
      break;
    }
    deep = std::move(deeper);
  }
  database.append("a.1", deep);
  answer_with("a.1", exception);
  assign(patient(2));
  EXPECT_NO_THROW(run_for(1min));
  EXPECT_EQ(heard("a.1"), 2U);
  EXPECT_TRUE(database.buried({1, 1}));
}

// -- in order -------------------------------------------------------------------------------------------------------

TEST_F(EventFollower, InOrderHoldsBackWhatComesAfterAnEventThatFails) {
  for (const auto* type : {"a.1", "a.2", "a.3"}) database.append(type);
  int failures_left = 2;
  handler = [&](const event& e) { return e.type() == "a.2" && failures_left-- > 0 ? exception : handled; };
  assign(in_order());
  run_for(1min);
  EXPECT_THAT(heard(), ElementsAre("a.1", "a.2", "a.2", "a.2", "a.3"));
  EXPECT_THAT(gaps("a.2"), ElementsAre(AllOf(Ge(750ms), Le(1s)), AllOf(Ge(1'500ms), Le(2s))));
  for (const auto& s : database.saves) EXPECT_THAT(s.parked, IsEmpty());
  EXPECT_GE(database.settled, (log_position{3, 3}));
}

TEST_F(EventFollower, InOrderGivesUpAnEventInTheEndAndGoesOn) {
  for (const auto* type : {"a.1", "a.2"}) database.append(type);
  answer_with("a.1", exception);
  assign(in_order(3));
  run_for(1min);
  EXPECT_THAT(heard(), ElementsAre("a.1", "a.1", "a.1", "a.2"));
  EXPECT_TRUE(database.buried({1, 1}));
  EXPECT_FALSE(database.buried({2, 2}));
}

TEST_F(EventFollower, InOrderHandsOverOneEventAtATime) {
  for (int i = 0; i < 3; ++i) database.append("a." + std::to_string(i));
  plugin_is_silent = true;
  assign(in_order());
  for (int i = 0; i < 3; ++i) {
    run_for(1s);
    ASSERT_THAT(deliveries, SizeIs(1));
    EXPECT_THAT(deliveries[0].events, SizeIs(1));
    deliver();
  }
  run_for(little);
  EXPECT_THAT(heard(), ElementsAre("a.0", "a.1", "a.2"));
}

// -- what is not taken ----------------------------------------------------------------------------------------------

class EventFollowerRefused : public EventFollower, public ::testing::WithParamInterface<delivery_outcome> {};

TEST_P(EventFollowerRefused, IsHandedOverAgainAfterAPauseAndNoAttemptCounts) {
  database.append("a.1");
  answer_with("a.1", GetParam());
  assign(patient(1));
  run_for(30s);
  EXPECT_THAT(database.saves, Each(::testing::Field(&fake_database::recorded::settled, log_position{})));
  const auto gaps_then = gaps("a.1");
  ASSERT_GT(gaps_then.size(), 20U);
  EXPECT_THAT(gaps_then, Each(AllOf(Ge(5ms), Le(1s))));
  EXPECT_TRUE(std::is_sorted(gaps_then.begin(), gaps_then.end())) << "while nothing is taken";
  EXPECT_EQ(gaps_then.back(), 1s);
  handler = [](const event&) { return handled; };
  run_for(2s);
  EXPECT_GE(database.settled, (log_position{1, 1}));
  EXPECT_FALSE(database.buried({1, 1}));
}

TEST_P(EventFollowerRefused, DoesNotHoldUpItsNeighboursOrComeTwiceToThem) {
  for (const auto* type : {"a.1", "a.2", "a.3"}) database.append(type);
  answer_with("a.2", GetParam());
  assign(patient());
  run_for(1s);
  EXPECT_EQ(heard("a.1"), 1U);
  EXPECT_EQ(heard("a.3"), 1U);
  EXPECT_GT(heard("a.2"), 1U);
  EXPECT_LT(database.settled, (log_position{2, 2}));
}

TEST_P(EventFollowerRefused, HoldsBackThoseAfterItInOrder) {
  for (const auto* type : {"a.1", "a.2", "a.3"}) database.append(type);
  answer_with("a.2", GetParam());
  assign(in_order());
  run_for(1s);
  EXPECT_EQ(heard("a.3"), 0U);
  handler = [](const event&) { return handled; };
  run_for(2s);
  EXPECT_EQ(heard("a.3"), 1U);
}

TEST_P(EventFollowerRefused, CountsNoAttemptOfARetry) {
  const auto at = database.append("a.1");
  database.settled = at;
  database.retries[at] = {database.log.at(at)->envelope().dump(), 2, now, ""};
  answer_with("a.1", GetParam());
  assign(patient(3));
  run_for(1min);
  ASSERT_THAT(database.retries, SizeIs(1));
  EXPECT_EQ(database.retries.at(at).attempts, 2U);
  handler = [](const event&) { return handled; };
  run_for(2s);
  EXPECT_THAT(database.retries, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Outcomes, EventFollowerRefused, ::testing::Values(refused, terminated, would_deadlock),
                         [](const auto& which) { return std::string{to_string(which.param)}; });

// -- what is recorded -----------------------------------------------------------------------------------------------

TEST_F(EventFollower, RecordsLaterWhatCouldNotBeRecordedAndAllOfIt) {
  for (int i = 0; i < 4; ++i) database.append("a." + std::to_string(i));
  handler = [](const event& e) { return e.type() == "a.0" ? exception : e.type() == "a.2" ? timeout : handled; };
  fail(kind::save);
  assign(in_batches(2));
  run_for(5s);
  EXPECT_EQ(database.settled, log_position{});
  EXPECT_THAT(database.retries, IsEmpty());
  EXPECT_EQ(logged("it is gone"), 1U);
  fail({});
  run_for(500ms);
  ASSERT_THAT(database.saves, Not(IsEmpty()));
  EXPECT_GE(database.saves[0].settled, (log_position{4, 4}));
  EXPECT_THAT(database.saves[0].parked, ElementsAre(log_position{1, 1}, log_position{3, 3}));
  EXPECT_EQ(heard("a.1"), 1U) << "nothing of it was read again";
}

TEST_F(EventFollower, DoesNothingTwiceWhenASaveIsRecordedAndItsAnswerLost) {
  database.append("a.1");
  database.append("a.2");
  answer_with("a.1", exception);
  fails = [&](const sql_statement& s) {
    if (fake_database::kind_of(s) != kind::save || database.saves.size() > 2) return false;
    return database.run(s), true;
  };
  assign(patient(2));
  run_for(1min);
  EXPECT_EQ(heard("a.1"), 2U);
  EXPECT_EQ(heard("a.2"), 1U);
  EXPECT_THAT(database.retries, IsEmpty());
  std::set<json> letters;
  for (const auto& s : database.saves)
    for (const auto& letter : s.letters) letters.insert(letter["id"]);
  EXPECT_THAT(letters, SizeIs(1));
}

TEST_F(EventFollower, ReadsOnWhileItSaves) {
  for (int i = 0; i < 4; ++i) database.append("a." + std::to_string(i));
  assign(in_batches(2));
  while (asked_kinds() != std::vector{kind::save, kind::read}) {
    ASSERT_FALSE(asked.empty() && deliveries.empty());
    asked.empty() ? deliver() : answer();
  }
  EXPECT_THAT(heard(), ElementsAre("a.0", "a.1"));
}

TEST_F(EventFollower, ReadsRetriesOnlyWhenWhatCameOfThemIsRecorded) {
  database.append("a.1");
  answer_with("a.1", exception);
  assign(patient(3));
  run_for(little);
  fail(kind::save);
  run_for(30s);
  EXPECT_EQ(heard("a.1"), 2U) << "else an attempt would be forgotten";
  fail({});
  run_for(30s);
  EXPECT_EQ(heard("a.1"), 3U);
  EXPECT_TRUE(database.buried({1, 1}));
}

TEST_F(EventFollower, ParksAndBuriesNothingThatItsPositionDoesNotPass) {
  for (const auto* type : {"a.1", "a.2", "a.3"}) database.append(type);
  handler = [](const event& e) { return e.type() == "a.1" ? refused : e.type() == "a.2" ? exception : handled; };
  assign(patient(2));
  run_for(2 * lease);
  EXPECT_THAT(database.saves, Not(IsEmpty())) << "for the lease";
  EXPECT_THAT(database.retries, IsEmpty()) << "whoever takes over reads it from the log";
  handler = [](const event& e) { return e.type() == "a.2" ? exception : handled; };
  run_for(1min);
  EXPECT_GE(database.settled, (log_position{3, 3}));
  EXPECT_TRUE(database.buried({2, 2}));
  EXPECT_EQ(heard("a.2"), 2U);
}

// -- another target -------------------------------------------------------------------------------------------------

TEST_F(EventFollower, HandsWhatTheOldTargetDidNotTakeToTheNewOne) {
  for (const auto* type : {"a.1", "a.2", "a.3"}) database.append(type);
  plugin_is_silent = true;
  const auto before = target();
  follower->assign(before);
  run_for(little);
  ASSERT_THAT(deliveries, SizeIs(1));
  const auto after = target();
  follower->assign(after);
  run_for(1s);
  ASSERT_THAT(deliveries, SizeIs(1)) << "it waits for the first";
  EXPECT_EQ(deliveries[0].target, before);
  handler = [](const event& e) { return e.type() == "a.1" ? handled : terminated; };
  deliver();
  run_for(1s);
  ASSERT_THAT(deliveries, SizeIs(1));
  EXPECT_EQ(deliveries[0].target, after);
  EXPECT_THAT(deliveries[0].events, SizeIs(2));
  handler = [](const event&) { return handled; };
  deliver();
  run_for(little);
  EXPECT_GE(database.settled, (log_position{3, 3}));
}

TEST_F(EventFollower, GivesTheNewTargetNothingThatItsPatternDoesNotMean) {
  for (const auto* type : {"a.1", "a.2"}) database.append(type);
  plugin_is_silent = true;
  follower->assign(target({}, "a.*"));
  run_for(little);
  ASSERT_THAT(deliveries, SizeIs(1));
  follower->assign(target({}, "a.2"));
  handler = [](const event&) { return terminated; };
  deliver();
  run_for(1s);
  ASSERT_THAT(deliveries, SizeIs(1));
  ASSERT_THAT(deliveries[0].events, SizeIs(1));
  EXPECT_EQ(deliveries[0].events[0]->type(), "a.2");
}

TEST_F(EventFollower, ClaimsOnceHoweverManyTargetsComeMeanwhile) {
  assign();
  assign();
  assign();
  EXPECT_THAT(asked_kinds(), ElementsAre(kind::claim));
  EXPECT_THAT(timers, SizeIs(1)) << "one for the lease";
}

// -- the end --------------------------------------------------------------------------------------------------------

struct EventFollowerStop : EventFollower {};

TEST_F(EventFollowerStop, BeforeItHasATarget) {
  stop();
  settle();
  expect_at_rest();
}

TEST_F(EventFollowerStop, IdleItLetsGo) {
  database.append("a.1");
  assign();
  run_for(little);
  stop();
  EXPECT_EQ(stopped, 0) << "the cursor is not free yet";
  run_for(little);
  EXPECT_EQ(database.holder, "");
  EXPECT_GE(database.settled, (log_position{1, 1}));
  expect_at_rest();
}

TEST_F(EventFollowerStop, IdleItSavesHowFarItHasComeOverWhatItWasNotToHear) {
  database.append("a.1");
  auto picky = target();
  picky->filter = event_filter::parse("data.n == 3").value();
  follower->assign(picky);
  run_for(little);
  stop();
  run_for(little);
  expect_at_rest();
  EXPECT_THAT(heard(), IsEmpty());
}

TEST_F(EventFollowerStop, WhileItClaimsItGivesTheCursorBack) {
  assign();
  ASSERT_THAT(asked_kinds(), ElementsAre(kind::claim));
  stop();
  EXPECT_EQ(stopped, 0);
  run_for(little);
  EXPECT_EQ(database.holder, "");
  expect_at_rest();
}

TEST_F(EventFollowerStop, WhileItWaitsForTheCursorItLeavesItToItsHolder) {
  database.holder = "elsewhere";
  database.lease_until = now + 1h;
  assign();
  run_for(1s);
  stop();
  settle();
  expect_at_rest();
  EXPECT_EQ(database.holder, "elsewhere");
}

TEST_F(EventFollowerStop, WhileItReadsItDeliversWhatCameOfThatAndSavesIt) {
  assign();
  settle();
  database.append("a.1");
  follower->wake();
  ASSERT_THAT(asked_kinds(), ElementsAre(kind::read));
  stop();
  EXPECT_EQ(stopped, 0);
  run_for(little);
  EXPECT_EQ(database.holder, "");
  EXPECT_EQ(database.settled >= (log_position{1, 1}), heard("a.1") == 1);
  expect_at_rest();
}

TEST_F(EventFollowerStop, WhileItDeliversItSavesWhatIsSettled) {
  for (const auto* type : {"a.1", "a.2", "a.3"}) database.append(type);
  plugin_is_silent = true;
  assign();
  run_for(little);
  stop();
  run_for(1s);
  EXPECT_EQ(stopped, 0) << "the plugin is at it";
  EXPECT_EQ(database.holder, "here");
  plugin_is_silent = false;
  handler = [](const event& e) { return e.type() == "a.1" ? handled : terminated; };
  run_for(little);
  EXPECT_EQ(database.settled, (log_position{1, 1}));
  EXPECT_EQ(database.holder, "");
  expect_at_rest();
  EXPECT_EQ(calls.size(), 3U);
}

TEST_F(EventFollowerStop, WhileItDeliversInOrderItDoesNotBeginTheNextEvent) {
  for (const auto* type : {"a.1", "a.2", "a.3"}) database.append(type);
  plugin_is_silent = true;
  assign(in_order());
  run_for(little);
  stop();
  plugin_is_silent = false;
  run_for(little);
  EXPECT_THAT(heard(), ElementsAre("a.1")) << "a batch of slow ones would not end in time";
  EXPECT_EQ(database.settled, (log_position{1, 1}));
  expect_at_rest();
}

TEST_F(EventFollowerStop, InALongPauseItEndsAtOnce) {
  for (const auto* type : {"a.1", "a.2", "a.3"}) database.append(type);
  answer_with("a.2", exception);
  auto how = in_order();
  how.first_pause = how.longest_pause = 1h;
  assign(how);
  run_for(1min);
  stop();
  settle();
  EXPECT_EQ(stopped, 1);
  EXPECT_EQ(database.settled, (log_position{1, 1}));
  EXPECT_EQ(database.holder, "");
  run_for(2h);
  EXPECT_EQ(heard("a.2"), 1U);
  expect_at_rest();
}

TEST_F(EventFollowerStop, WhileThePluginTakesNothingItEndsAtOnce) {
  for (const auto* type : {"a.1", "a.2"}) database.append(type);
  handler = [](const event&) { return refused; };
  assign();
  run_for(10s);
  stop();
  settle();
  EXPECT_EQ(stopped, 1);
  EXPECT_EQ(database.settled, log_position{});
  EXPECT_EQ(database.holder, "");
  expect_at_rest();
}

TEST_F(EventFollowerStop, AmongRetriesItSavesThoseThatAreSettled) {
  for (const auto* type : {"a.1", "a.2", "a.3"}) {
    const auto at = database.append(type);
    database.settled = at;
    database.retries[at] = {database.log.at(at)->envelope().dump(), 1, now, ""};
  }
  handler = [](const event& e) { return e.type() == "a.1" ? handled : e.type() == "a.2" ? exception : refused; };
  assign(patient());
  run_for(100ms);
  stop();
  settle();
  EXPECT_EQ(stopped, 1);
  ASSERT_THAT(database.retries, SizeIs(2));
  EXPECT_EQ(database.retries.at({2, 2}).attempts, 2U);
  EXPECT_EQ(database.retries.at({3, 3}).attempts, 1U);
  EXPECT_EQ(database.settled, (log_position{3, 3}));
}

TEST_F(EventFollowerStop, WhileItSavesItWaitsForThat) {
  database.append("a.1");
  assign();
  while (asked_kinds() != std::vector{kind::save}) {
    ASSERT_FALSE(asked.empty() && deliveries.empty());
    asked.empty() ? deliver() : answer();
  }
  stop();
  EXPECT_THAT(asked_kinds(), ElementsAre(kind::save)) << "it lets go when that is recorded";
  EXPECT_EQ(stopped, 0);
  settle();
  EXPECT_GE(database.settled, (log_position{1, 1}));
  EXPECT_EQ(database.holder, "");
  expect_at_rest();
}

TEST_F(EventFollowerStop, WhileTheDatabaseFailsItEndsAllTheSame) {
  for (const auto what : {kind::claim, kind::retries, kind::read, kind::save, kind::release}) {
    SCOPED_TRACE(static_cast<int>(what));
    renew_follower("here");
    database.holder.clear();
    database.append("a.1");
    stopped = 0;
    fail(what);
    assign();
    run_for(3s);
    stop();
    settle();
    expect_at_rest();
  }
}

TEST_F(EventFollowerStop, WhenAllOfTheDatabaseFailsFromThenOnItEndsAllTheSame) {
  database.append("a.1");
  plugin_is_silent = true;
  assign();
  run_for(1s);
  fails = [](const sql_statement&) { return true; };
  run_for(1min);
  plugin_is_silent = false;
  stop();
  settle();
  expect_at_rest();
  EXPECT_EQ(database.settled, log_position{}) << "whoever comes next brings it again";
}

TEST_F(EventFollowerStop, WhatIsReadAgainByWhoeverComesNextIsNotParkedToo) {
  for (const auto* type : {"a.1", "a.2"}) database.append(type);
  handler = [](const event& e) { return e.type() == "a.1" ? refused : exception; };
  assign(patient());
  run_for(100ms);
  stop();
  settle();
  ASSERT_EQ(stopped, 1);
  EXPECT_EQ(database.settled, log_position{});
  calls.clear();
  handler = [](const event&) { return handled; };
  renew_follower("there");
  assign(patient());
  run_for(1min);
  EXPECT_THAT(heard(), ElementsAre("a.1", "a.2")) << "each once";
}

// -- all of it at once ----------------------------------------------------------------------------------------------

/// What may go wrong in a subscription's life.
struct troubles {
  bool database_fails = false;
  bool hosts_change = false;  ///< They end, crash, and take over from each other.
};

/// A subscription's life with all that can happen to it in random order. What must never be is looked for at every
/// step.
class random_life : public follower_bed {
 public:
  random_life(unsigned seed, troubles with) : random_{seed}, with_{with} {
    how_.in_order = chance(40);
    how_.attempts = 1 + below(4);
    how_.batch = 1 + below(6);
    how_.first_pause = milliseconds{below(20)};
    how_.longest_pause = 80ms;
    database.on_save = [this](const fake_database::recorded& s) { check(s); };
    handler = [this](const event& e) { return handle(e); };
    assign(how_);
  }

  void run() {
    for (int i = 0; i < 1'500; ++i) step();
    // Then all goes well, and it comes to an end.
    with_ = {};
    for (int i = 0; i < 10'000 && stopping_; ++i) step();
    while (!database.open.empty()) end_transaction();
    calm_ = true;
    run_for(1min);
    check_end();
  }

 private:
  struct fate {
    unsigned failures = 0;
    unsigned handled = 0;
    bool buried = false;
  };

  unsigned below(unsigned n) { return std::uniform_int_distribution<unsigned>{0, n - 1}(random_); }
  bool chance(unsigned percent) { return below(100) < percent; }

  void step() {
    const auto what = below(100);
    if (what < 6) {
      append();
    } else if (what < 8) {
      if (database.open.size() < 3) database.begin();
    } else if (what < 11) {
      end_transaction();
    } else if (what < 14) {
      follower->wake();
    } else if (what < 45) {
      if (!asked.empty()) answer_one();
    } else if (what < 65) {
      if (!deliveries.empty()) deliver();
    } else if (what < 97) {
      ring(clock_type::time_point::max());
    } else if (with_.hosts_change) {
      change_host();
    }
    if (stopping_ && stopped > 0) {
      EXPECT_THAT(asked, IsEmpty());
      EXPECT_THAT(deliveries, IsEmpty());
      begin_anew();
    }
  }

  void append() {
    if (database.open.empty() || chance(60))
      database.append("a.b");
    else
      database.append("a.b", json::object(),
                      *std::next(database.open.begin(), below(static_cast<unsigned>(database.open.size()))));
  }
  void end_transaction() {
    if (database.open.empty()) return;
    const auto which = *std::next(database.open.begin(), below(static_cast<unsigned>(database.open.size())));
    database.open.erase(which);
    if (chance(30)) std::erase_if(database.log, [which](const auto& e) { return e.first.transaction == which; });
  }
  /// In any order, as several connections do.
  void answer_one() {
    const auto which = below(static_cast<unsigned>(asked.size()));
    const auto failed = failure(ec::database_unreachable, "it is gone");
    if (!with_.database_fails || chance(80)) return answer(which, database.run(asked[which].statement));
    if (chance(40)) database.run(asked[which].statement).has_value();
    answer(which, failed);
  }
  void change_host() {
    switch (below(3)) {
      case 0:
        database.holder = "elsewhere";
        database.lease_until = now + 100ms;
        return;
      case 1:
        if (!std::exchange(stopping_, true)) stop();
        return;
      default:
        // It is gone; what it has asked may still be done.
        for (const auto& q : asked)
          if (chance(50)) database.run(q.statement).has_value();
        begin_anew();
    }
  }
  void begin_anew() {
    stopping_ = false;
    stopped = 0;
    renew_follower("host " + std::to_string(++hosts_));
    assign(how_);
  }

  delivery_outcome handle(const event& e) {
    const auto at = place_of(e);
    if (how_.in_order)
      for (auto it = database.log.begin(); it->first < at; ++it) {
        const auto& before = fates_[it->first];
        EXPECT_TRUE(before.handled > 0 || before.failures >= how_.attempts)
            << to_string(it->first) << " is not settled";
      }
    constexpr std::array outcomes{handled, handled, handled, error, exception, timeout, refused, terminated};
    const auto outcome = calm_ ? handled : outcomes.at(below(outcomes.size()));
    auto& of = fates_[at];
    if (outcome == handled) ++of.handled;
    if (outcome == error || outcome == exception || outcome == timeout) ++of.failures;
    return outcome;
  }
  log_position place_of(const event& e) {
    if (!places_.contains(e.id()))
      for (const auto& [at, what] : database.log) places_[what->id()] = at;
    return places_.at(e.id());
  }

  void check(const fake_database::recorded& s) {
    EXPECT_LE(last_settled_, s.settled);
    last_settled_ = s.settled;
    for (const auto& letter : s.letters)
      for (const auto& [at, what] : database.log)
        if (letter["event"]["id"] == what->id()) fates_[at].buried = true;
    for (const auto& [at, of] : database.retries) {
      EXPECT_LT(of.attempts, how_.attempts);
      EXPECT_LE(at, s.settled) << "it is parked, and read again from the log";
    }
    for (const auto& [at, what] : database.log) {
      if (at > s.settled) break;
      const auto& of = fates_[at];
      EXPECT_TRUE(of.handled > 0 || of.buried || database.retries.contains(at)) << to_string(at) << " was passed";
    }
  }

  void check_end() {
    EXPECT_EQ(database.refused, 0);
    EXPECT_THAT(database.retries, IsEmpty());
    EXPECT_NE(database.holder, "");
    for (const auto& [at, what] : database.log) {
      const auto& of = fates_[at];
      EXPECT_TRUE(of.handled > 0 || of.buried) << to_string(at);
      EXPECT_LE(at, database.settled);
      EXPECT_TRUE(!of.buried || of.failures >= how_.attempts) << to_string(at);
      if (!exactly_once_) continue;
      EXPECT_EQ(of.handled, of.buried ? 0U : 1U) << to_string(at);
      EXPECT_LE(of.failures, of.buried ? how_.attempts : how_.attempts - 1) << to_string(at);
    }
  }

  std::mt19937 random_;
  troubles with_;
  /// When nothing but handlers fails.
  const bool exactly_once_ = !with_.hosts_change;
  durable_options how_;
  bool stopping_ = false;
  bool calm_ = false;
  int hosts_ = 0;
  log_position last_settled_;
  std::map<std::string, log_position> places_;
  std::map<log_position, fate> fates_;
};

void live(troubles with) {
  for (unsigned seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_life{seed, with}.run();
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(EventFollowerLife, EveryEventIsHandledOnceOrGivenUpAfterItsAttempts) {
  live({});
}

TEST(EventFollowerLife, ADatabaseThatFailsNowAndThenLosesNothingAndRepeatsNothing) {
  live({.database_fails = true});
}

TEST(EventFollowerLife, HostsThatEndCrashAndTakeOverPassNothingThatIsNotSettled) {
  live({.hosts_change = true});
}

TEST(EventFollowerLife, AllTogetherPassesNothingThatIsNotSettled) {
  live({.database_fails = true, .hosts_change = true});
}

}  // namespace
}  // namespace streamspace
