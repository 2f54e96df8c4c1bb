#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include <streamspace/persistence/pg_connection.hpp>

namespace streamspace {

/// Which texts are prepared on a connection and under which names: those used last, of the texts that came more than
/// once. For .cpp files of this folder only.
class prepared_texts {
 public:
  static constexpr std::size_t most = pg_connection::most_prepared;
  /// Of longer ones the server and we would keep too much.
  static constexpr std::size_t longest = 16 * 1024;

  /// Whether it saves anything to prepare a text: what the server makes no plan for does not, nor what is very long.
  static bool is_worth_it(std::string_view text) noexcept;

  /// The name of a text that is prepared, which is used now; null when it is not.
  const std::string* find(const std::string& text);
  /// Whether a text that is not prepared was asked for already, not long ago.
  bool comes_again(std::string_view text) noexcept;
  /// A name for one that is to be prepared; never the same again.
  std::string next_name() { return "streamspace_" + std::to_string(++last_name_); }
  /// Takes out the one that was not used for longest when there is room for no other; its name.
  std::optional<std::string> make_room();
  void add(std::string text, std::string name);
  void drop(const std::string& text);
  /// Drops those whose name is not among these.
  template <class Names>
  void keep(const Names& names) {
    for (auto one = by_use_.begin(); one != by_use_.end();) {
      const auto next = std::next(one);
      if (!names.contains(one->name)) erase(one);
      one = next;
    }
  }
  bool has(const std::string& name) const noexcept;

 private:
  struct entry {
    std::string text;
    std::string name;
  };
  using place = std::list<entry>::iterator;
  void erase(place where);

  /// How many texts that came once are remembered.
  static constexpr std::size_t most_seen = 64;

  std::list<entry> by_use_;                            ///< Those used last in front.
  std::unordered_map<std::string_view, place> found_;  ///< The texts are those of by_use_.
  std::array<std::size_t, most_seen> seen_{};          ///< Hashes; by chance a text may be taken for one of them.
  std::size_t next_seen_ = 0;
  std::uint64_t last_name_ = 0;
};

}  // namespace streamspace
