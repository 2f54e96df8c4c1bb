// The host platform's actor on a real PostgreSQL: users, sessions, and the events that their changes make.
#include <thread>

#include <caf/all.hpp>
#include <gmock/gmock.h>
#include <support/postgres_fixture.hpp>

#include "waiting.hpp"
#include <streamspace/actors/ask.hpp>
#include <streamspace/actors/db_pool.hpp>
#include <streamspace/actors/platform.hpp>

namespace streamspace {
namespace {

using namespace std::chrono_literals;
using testing::door;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::journal;
using testing::patience;

/// Writes "type id" of every event.
class noting_port final : public event_port {
 public:
  explicit noting_port(std::shared_ptr<journal> book) : book_{std::move(book)} {}
  emit_report emit(event&& e) override {
    book_->write(e.type() + " " + e.data()["id"].get<std::string>());
    return {};
  }
  sync_report emit_sync(event&& e, std::chrono::milliseconds) override { return emit(std::move(e)), sync_report{}; }
  void emit_then(event&& e, std::chrono::milliseconds, std::function<void(sync_report)> done) override {
    emit(std::move(e));
    done({});
  }

 private:
  std::shared_ptr<journal> book_;
};

class PlatformActor : public testing::postgres_test {
 protected:
  struct config : caf::actor_system_config {
    config() {
      add_message_types<caf::id_block::streamspace>();
      set("scheduler.max-threads", 2);
    }
  };

  void SetUp() override {
    pool_ = system_.spawn(db_pool, db_pool_options{.url = url(), .max_connections = 4});
    const password_functions functions{
        [this](std::string_view password) {
          if (password == "unlucky!") throw std::runtime_error{"no memory"};
          if (password.starts_with("slow")) slow_.pass();
          return "hash of " + std::string{password};
        },
        [](std::string_view hash, std::string_view password) { return hash == "hash of " + std::string{password}; }};
    passwords_ = system_.spawn(password_hasher, functions, password_options{.threads = 2, .max_waiting = 2});
    platform_ = system_.spawn(streamspace::platform,
                              platform_setup{pool_, passwords_, std::make_shared<noting_port>(book_), patience});
  }
  void TearDown() override {
    slow_.open();
    for (const auto& actor : {caf::actor_cast<caf::actor>(platform_), caf::actor_cast<caf::actor>(passwords_),
                              caf::actor_cast<caf::actor>(pool_)})
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  }

  template <class T, class... Args>
  result<T> call(Args&&... args) {
    return ask<T>(system_, platform_, patience, std::forward<Args>(args)...);
  }
  user make_user(const std::string& name, const std::string& password = "correct horse") {
    auto made =
        call<user>(atom::create_v, user_draft{.username = name, .email = name + "@example.org", .password = password});
    EXPECT_TRUE(made) << made.error().message();
    return made.value_or(user{});
  }
  session make_session(const std::string& user_id) {
    auto made = call<session>(atom::create_v, session_draft{.user_id = user_id, .template_name = "firefox"});
    EXPECT_TRUE(made) << made.error().message();
    return made.value_or(session{});
  }
  result<session> act(const std::string& id, session_action action) { return call<session>(atom::act_v, id, action); }

  std::shared_ptr<journal> book_ = std::make_shared<journal>();
  door slow_;  ///< Where the hashing of a password that begins with "slow" waits.
  config config_;
  caf::actor_system system_{config_};
  db_pool_actor pool_;
  password_actor passwords_;
  platform_actor platform_;
};

template <class T>
std::optional<ec> code_of(const result<T>& r) {
  if (r) return std::nullopt;
  return r.error().code();
}

TEST_F(PlatformActor, MakesFindsChangesListsAndRemovesUsersAndTellsOfEach) {
  const auto ann = make_user("ann");
  EXPECT_FALSE(ann.id.empty());
  EXPECT_EQ(ann.role, "user");
  EXPECT_TRUE(ann.active);
  EXPECT_EQ(call<user>(atom::find_v, atom::user_v, ann.id), ann);
  const auto changed =
      call<user>(atom::change_v, ann.id, user_changes{.full_name = "Ann A.", .groups = std::vector<std::string>{"g"}});
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->full_name, "Ann A.");
  EXPECT_THAT(changed->groups, ElementsAre("g"));
  EXPECT_EQ(changed->email, ann.email);
  make_user("bob");
  const auto page = call<user_page>(atom::list_v, page_request{1, 1});
  ASSERT_TRUE(page);
  EXPECT_EQ(page->total, 2U);
  ASSERT_EQ(page->items.size(), 1U);
  EXPECT_EQ(page->items[0].username, "ann");
  EXPECT_EQ(call<user>(atom::remove_v, atom::user_v, ann.id), changed);
  EXPECT_EQ(code_of(call<user>(atom::find_v, atom::user_v, ann.id)), ec::not_found);
  EXPECT_EQ(code_of(call<user>(atom::remove_v, atom::user_v, ann.id)), ec::not_found);
  EXPECT_EQ(code_of(call<user>(atom::change_v, ann.id, user_changes{.full_name = "x"})), ec::not_found);
  const auto lines = book_->lines();
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0], "user.created " + ann.id);
  EXPECT_EQ(lines[1], "user.updated " + ann.id);
  EXPECT_EQ(lines[3], "user.deleted " + ann.id);
}

TEST_F(PlatformActor, RefusesATakenNameOrEmail) {
  const auto ann = make_user("ann");
  EXPECT_EQ(code_of(call<user>(atom::create_v, user_draft{.username = "ANN", .email = "other@example.org"})),
            ec::already_exists);
  EXPECT_EQ(code_of(call<user>(atom::create_v, user_draft{.username = "other", .email = "Ann@Example.org"})),
            ec::already_exists);
  const auto bob = make_user("bob");
  EXPECT_EQ(code_of(call<user>(atom::change_v, bob.id, user_changes{.username = "ann"})), ec::already_exists);
  EXPECT_EQ(book_->lines().size(), 2U) << "what was refused did not happen";
}

TEST_F(PlatformActor, LogsInWithTheRightPasswordOnly) {
  const auto ann = make_user("ann");
  const auto in = call<user>(atom::login_v, credentials{"Ann", "correct horse"});
  ASSERT_TRUE(in) << in.error().message();
  EXPECT_EQ(in->id, ann.id);
  EXPECT_TRUE(in->last_login);
  const auto wrong = call<user>(atom::login_v, credentials{"ann", "wrong horse!"});
  const auto nobody = call<user>(atom::login_v, credentials{"nobody", "correct horse"});
  EXPECT_EQ(code_of(wrong), ec::unauthenticated);
  EXPECT_EQ(wrong.error(), nobody.error()) << "nothing tells which of both was wrong";
  ASSERT_TRUE(call<user>(atom::change_v, ann.id, user_changes{.active = false}));
  EXPECT_EQ(code_of(call<user>(atom::login_v, credentials{"ann", "correct horse"})), ec::unauthenticated);
  ASSERT_TRUE(call<user>(atom::change_v, ann.id, user_changes{.active = true, .password = "new password"}));
  EXPECT_EQ(code_of(call<user>(atom::login_v, credentials{"ann", "correct horse"})), ec::unauthenticated);
  EXPECT_TRUE(call<user>(atom::login_v, credentials{"ann", "new password"}));
  ASSERT_TRUE(call<user>(atom::logout_v, ann.id));
  EXPECT_EQ(book_->count("user.login " + ann.id), 2U);
  EXPECT_EQ(book_->lines().back(), "user.logout " + ann.id);
  EXPECT_EQ(code_of(call<user>(atom::logout_v, std::string{"ghost"})), ec::not_found);
}

TEST_F(PlatformActor, AUserWithoutAPasswordCannotLogIn) {
  ASSERT_TRUE(call<user>(atom::create_v, user_draft{.username = "sso", .email = "sso@example.org"}));
  EXPECT_EQ(code_of(call<user>(atom::login_v, credentials{"sso", ""})), ec::unauthenticated);
  EXPECT_EQ(code_of(call<user>(atom::login_v, credentials{"sso", "anything"})), ec::unauthenticated);
}

TEST_F(PlatformActor, HashesThePasswordsOfSeveralUsersAtOnceWithinABound) {
  caf::scoped_actor self{system_};
  const auto make = [&](const std::string& name) {
    return self->request(platform_, patience, atom::create_v,
                         user_draft{.username = name, .email = name + "@example.org", .password = "slow " + name});
  };
  const auto outcome = [](auto handle) {
    std::optional<ec> code;
    handle.receive([](const user&) {}, [&](const caf::error& e) { code = from_caf(e).code(); });
    return code;
  };
  auto one = make("ann");
  auto two = make("bob");
  EXPECT_TRUE(slow_.await_arrival(2)) << "on two threads";
  auto three = make("cid");
  auto four = make("dan");
  EXPECT_EQ(outcome(make("eve")), ec::unavailable);
  slow_.open();
  for (auto* made : {&one, &two, &three, &four}) EXPECT_EQ(outcome(std::move(*made)), std::nullopt);
}

TEST_F(PlatformActor, KeepsTheOrderOfAUsersChangesWhilePasswordsAreHashed) {
  const auto ann = make_user("ann");
  caf::scoped_actor self{system_};
  const auto change = [&](const std::string& password) {
    return self->request(platform_, patience, atom::change_v, ann.id, user_changes{.password = password});
  };
  auto first = change("slow password");
  ASSERT_TRUE(slow_.await_arrival());
  auto second = change("quick password");
  make_user("bob");  // Others go on, on the other thread.
  slow_.open();
  for (auto* changed : {&first, &second})
    changed->receive([](const user&) {}, [](const caf::error& e) { ADD_FAILURE() << from_caf(e).message(); });
  EXPECT_TRUE(call<user>(atom::login_v, credentials{"ann", "quick password"})) << "the later one counts";
}

TEST_F(PlatformActor, MovesASessionThroughItsStatesAndTellsOfEach) {
  const auto ann = make_user("ann");
  const auto made = make_session(ann.id);
  EXPECT_EQ(made.state, session_state::pending);
  EXPECT_EQ(act(made.id, session_action::start)->state, session_state::running);
  EXPECT_EQ(act(made.id, session_action::hibernate)->state, session_state::hibernated);
  EXPECT_EQ(act(made.id, session_action::wake)->state, session_state::running);
  EXPECT_EQ(act(made.id, session_action::stop)->state, session_state::terminated);
  EXPECT_EQ(call<session>(atom::remove_v, made.id)->id, made.id);
  EXPECT_THAT(book_->lines(),
              ElementsAre("user.created " + ann.id, "session.created " + made.id, "session.started " + made.id,
                          "session.hibernated " + made.id, "session.woken " + made.id, "session.stopped " + made.id,
                          "session.deleted " + made.id));
}

TEST_F(PlatformActor, RefusesATransitionThatDoesNotFit) {
  const auto made = make_session(make_user("ann").id);
  book_->clear();
  for (const auto action : {session_action::stop, session_action::hibernate, session_action::wake}) {
    const auto refused = act(made.id, action);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ec::conflict);
    EXPECT_THAT(refused.error().message(), HasSubstr("pending"));
  }
  EXPECT_EQ(code_of(act("ghost", session_action::start)), ec::not_found);
  EXPECT_THAT(book_->lines(), IsEmpty());
}

TEST_F(PlatformActor, ChangesFindsAndListsSessions) {
  const auto ann = make_user("ann");
  const auto bob = make_user("bob");
  const auto first = make_session(ann.id);
  make_session(bob.id);
  const auto changed =
      call<session>(atom::change_v, first.id, session_changes{.active_connections = 2, .url = "https://x"});
  ASSERT_TRUE(changed) << changed.error().message();
  EXPECT_EQ(changed->active_connections, 2);
  EXPECT_EQ(changed->url, "https://x");
  EXPECT_EQ(call<session>(atom::find_v, first.id), changed);
  const auto of_ann = call<session_page>(atom::list_v, session_filter{.user_id = ann.id}, page_request{});
  ASSERT_TRUE(of_ann);
  EXPECT_EQ(of_ann->total, 1U);
  EXPECT_EQ(call<session_page>(atom::list_v, session_filter{.state = session_state::running}, page_request{})->total,
            0U);
}

TEST_F(PlatformActor, RefusesASessionOfNobodyAndKeepsAUserWhoHasSessions) {
  EXPECT_EQ(code_of(call<session>(atom::create_v, session_draft{.user_id = "ghost", .template_name = "x"})),
            ec::invalid_argument);
  const auto ann = make_user("ann");
  make_session(ann.id);
  EXPECT_EQ(code_of(call<user>(atom::remove_v, atom::user_v, ann.id)), ec::conflict);
}

TEST_F(PlatformActor, TellsOfEachSessionInTheOrderOfItsCommitsUnderConcurrentTransitions) {
  constexpr int sessions = 4;
  const auto ann = make_user("ann");
  std::vector<std::string> ids;
  for (int i = 0; i < sessions; ++i) ids.push_back(make_session(ann.id).id);
  for (const auto& id : ids) ASSERT_TRUE(act(id, session_action::start));
  book_->clear();
  // Each session is put to sleep and woken by two callers at once; whoever comes at the wrong time is refused.
  std::atomic<int> done{0};
  std::vector<std::jthread> callers;
  for (const auto& id : ids)
    for (const auto action : {session_action::hibernate, session_action::wake})
      callers.emplace_back([&, id, action] {
        for (int i = 0; i < 20; ++i) {
          const auto r = act(id, action);
          if (r)
            ++done;
          else
            EXPECT_EQ(r.error().code(), ec::conflict) << r.error().message();
        }
      });
  callers.clear();
  const auto lines = book_->lines();
  EXPECT_EQ(lines.size(), static_cast<std::size_t>(done.load()));
  for (const auto& id : ids) {
    std::string expected = "session.hibernated ";
    for (const auto& line : lines) {
      if (!line.ends_with(id)) continue;
      EXPECT_EQ(line, expected + id);
      expected = expected == "session.woken " ? "session.hibernated " : "session.woken ";
    }
    const auto last = call<session>(atom::find_v, id);
    ASSERT_TRUE(last);
    EXPECT_EQ(last->state, expected == "session.woken " ? session_state::hibernated : session_state::running);
  }
}

TEST_F(PlatformActor, OneOfManyWhoMakeTheSameUserSucceeds) {
  std::atomic<int> made{0};
  std::vector<std::jthread> callers;
  for (int i = 0; i < 6; ++i)
    callers.emplace_back([&] {
      const auto r = call<user>(atom::create_v, user_draft{.username = "ann", .email = "ann@example.org"});
      if (r)
        ++made;
      else
        EXPECT_EQ(r.error().code(), ec::already_exists);
    });
  callers.clear();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(book_->lines().size(), 1U);
}

TEST_F(PlatformActor, AnswersWhatItCannotDoAndGoesOn) {
  EXPECT_EQ(code_of(call<user_page>(atom::list_v, page_request{0, 50})), ec::invalid_argument);
  EXPECT_EQ(code_of(call<session_page>(atom::list_v, session_filter{}, page_request{1, 100'000})),
            ec::invalid_argument);
  const auto ann = make_user("ann");
  for (const auto& bad : {std::string{"a\0b", 3}, std::string{"raw \xff"}}) {
    const user_draft draft{.username = "bob", .email = "b@b", .quota = json{{"x", bad}}};
    EXPECT_EQ(code_of(call<user>(atom::create_v, draft)), ec::invalid_argument);
    EXPECT_EQ(code_of(call<user>(atom::change_v, ann.id, user_changes{.quota = json{{"x", bad}}})),
              ec::invalid_argument);
    EXPECT_EQ(code_of(call<user>(atom::change_v, ann.id, user_changes{.groups = std::vector{bad}})),
              ec::invalid_argument);
  }
  EXPECT_EQ(code_of(call<user>(atom::find_v, atom::user_v, std::string{"raw \xff"})), ec::invalid_argument);
  EXPECT_EQ(code_of(call<user>(atom::create_v, user_draft{.username = "bob", .email = "b@b", .password = "unlucky!"})),
            ec::internal);
  EXPECT_TRUE(call<user>(atom::login_v, credentials{"ann", "correct horse"})) << "nobody has ended";
  EXPECT_TRUE(call<user>(atom::change_v, ann.id, user_changes{.full_name = "Ann"})) << "no step of hers is left open";
}

}  // namespace
}  // namespace streamspace
