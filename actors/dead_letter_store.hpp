#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <streamspace/actors/database.hpp>
#include <streamspace/actors/dead_letter_writer.hpp>
#include <streamspace/actors/dead_letters.hpp>
#include <streamspace/actors/event_bus.hpp>
#include <streamspace/messages/caf/interfaces.hpp>

namespace streamspace {

struct dead_letter_setup {
  std::shared_ptr<dead_letters> letters;
  std::shared_ptr<event_bus> events;
  db_pool_actor database;                      ///< Invalid when the runtime has none; then the ring alone is asked.
  std::chrono::milliseconds deadline{10'000};  ///< Of a statement.
  std::size_t keep = 100'000;                  ///< Rows in the database.
  log_sink log;
};

/// The store as it is to itself: it looks at the ring again and again, since whoever buries a letter wakes nobody.
using dead_letter_self = dead_letter_actor::extend<caf::reacts_to<atom::write>>;

/// Dead letters for operators. With a database what concerns one letter looks into memory first, so that it works for
/// the newest ones whatever the database does; what concerns many writes what is in memory first, and then asks the
/// table alone. Nothing here blocks.
class dead_letter_store {
 public:
  static constexpr const char* name = "streamspace.dead-letters";
  using pointer = dead_letter_self::stateful_pointer<dead_letter_store>;
  template <class T>
  using reply = std::function<void(result<T>)>;

  void begin(pointer self, dead_letter_setup setup);

  void list(const dead_letter_filter& filter, const reply<dead_letter_page>& done);
  void find(std::uint64_t id, const reply<dead_letter>& done);
  void redrive(std::uint64_t id, const reply<dead_letter>& done);
  void redrive_all(dead_letter_filter filter, const reply<redrive_report>& done);
  void discard(std::uint64_t id, const reply<std::uint64_t>& done);
  void discard_all(dead_letter_filter filter, const reply<std::uint64_t>& done);

  void write();
  void stop(const std::function<void()>& done);

 private:
  /// The ids of letters that were sent again, and those of the others.
  struct sent_letters {
    std::vector<std::uint64_t> taken;
    std::vector<std::uint64_t> refused;
    redrive_report report;
  };

  static error no_such(std::uint64_t id);
  result<void> send(const dead_letter& letter) const;
  sent_letters send_all(const std::vector<dead_letter>& letters) const;

  void query(sql_statement statement, reply<sql_result> then);
  /// Goes on when this letter is in the table, if there is one.
  void once_stored(std::uint64_t id, std::function<void(result<void>)> then);

  void list_stored(const dead_letter_filter& filter, const reply<dead_letter_page>& done);
  void find_stored(std::uint64_t id, const reply<dead_letter>& done);
  void redrive_stored(std::uint64_t id, const reply<dead_letter>& done);
  void redrive_claimed(const dead_letter& letter, const reply<dead_letter>& done);
  void redrive_all_stored(const dead_letter_filter& filter, const reply<redrive_report>& done);
  void settle_claims(sent_letters sent, const dead_letter_filter& filter, const reply<redrive_report>& done);
  void discard_stored(std::uint64_t id, const reply<std::uint64_t>& done);
  void discard_all_stored(const dead_letter_filter& filter, const reply<std::uint64_t>& done);
  /// Why nobody could have this letter: it is not there, or claimed.
  template <class T>
  void explain_none(std::uint64_t id, const reply<T>& done);
  void release(const std::vector<std::uint64_t>& ids, std::function<void()> then);
  /// The letters in the rows, by id; ids of rows that cannot be read, which is logged.
  std::vector<dead_letter> readable(const sql_result& rows, std::vector<std::uint64_t>& unreadable) const;
  void log(log_level level, std::string message, json data) const;

  pointer self_ = nullptr;
  dead_letter_setup setup_;
  std::optional<dead_letter_writer> writer_;  ///< With a database.
  bool stopping_ = false;
};

dead_letter_self::behavior_type dead_letter_store_behavior(dead_letter_store::pointer self, dead_letter_setup setup);

}  // namespace streamspace
