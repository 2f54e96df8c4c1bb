#include <algorithm>
#include <array>
#include <utility>

#include <streamspace/plugins/dependencies/semver_range.hpp>
#include <streamspace/plugins/dependencies/semver_reader.hpp>

namespace streamspace {

namespace {

using semver_reading::reader;
using semver_reading::white_space;

/// A version of which the end may be missing or x: "1", "1.x", "1.2.3-beta".
struct partial_version {
  semver version;                           ///< 0 for what is missing.
  int known = 0;                            ///< How many of the three numbers are there.
  std::optional<std::size_t> stray_number;  ///< Where a number stands after an x.

  bool is_any() const { return known == 0; }
  bool is_full() const { return known == 3; }
};

enum class operation { none, less, at_most, equal, at_least, more, tilde, caret };

/// Longer ones first where one begins another.
constexpr std::array<std::pair<std::string_view, operation>, 8> operators{{{"~>", operation::tilde},
                                                                           {"~", operation::tilde},
                                                                           {"^", operation::caret},
                                                                           {">=", operation::at_least},
                                                                           {"<=", operation::at_most},
                                                                           {">", operation::more},
                                                                           {"<", operation::less},
                                                                           {"=", operation::equal}}};

semver without_qualifiers(const semver& v) {
  return {.major = v.major, .minor = v.minor, .patch = v.patch};
}

semver without_build(semver v) {
  v.build.clear();
  return v;
}

/// The least version there is with these three numbers.
semver first_prerelease(semver v) {
  v.prerelease = {"0"};
  v.build.clear();
  return v;
}

bool same_numbers(const semver& a, const semver& b) {
  return a.major == b.major && a.minor == b.minor && a.patch == b.patch;
}

}  // namespace

class semver_range::parser {
 public:
  parser(std::string_view what, std::string_view text, options how) : in_{what, text}, options_{how} {}

  std::vector<comparators> range() {
    if (in_.rest().size() > max_length)
      in_.fail_at(max_length, "a range must not be longer than " + std::to_string(max_length) + " characters");
    std::vector<comparators> alternatives;
    do alternatives.push_back(alternative());
    while (in_.take("||"));
    return simplified(std::move(alternatives));
  }

  /// One version, compared.
  std::vector<comparators> bound(operation how) {
    in_.skip_white_space();
    add(how, read_partial(how));
    in_.skip_white_space();
    if (!in_.at_end()) in_.fail("nothing of a version can stand here");
    return simplified(std::vector<comparators>{set_});
  }

 private:
  using relation = semver_range::relation;

  comparators alternative() {
    set_.clear();
    in_.skip_white_space();
    bool alone = true;
    while (!at_end_of_alternative()) {
      const auto begin = in_.position();
      const auto how = read_operator();
      const auto lower = read_partial(how);
      if (how == operation::none && stands_before_a_hyphen()) {
        if (!alone) in_.fail_at(begin, "a range with ' - ' must stand alone between '||'");
        add_hyphen(lower, read_partial(operation::none));
        in_.skip_white_space();
        if (!at_end_of_alternative()) in_.fail("a range with ' - ' must stand alone between '||'");
        break;
      }
      add(how, lower);
      alone = false;
      in_.skip_white_space();
    }
    return set_;
  }

  bool at_end_of_alternative() const { return in_.at_end() || in_.rest().starts_with("||"); }

  bool at_white_space() const { return white_space.find(in_.peek()) != std::string_view::npos && !in_.at_end(); }

  /// Goes over " - " if it stands here.
  bool stands_before_a_hyphen() {
    auto ahead = in_;
    ahead.skip_white_space();
    if (ahead.position() == in_.position() || !ahead.take("-")) return false;
    const auto after = ahead.position();
    ahead.skip_white_space();
    if (ahead.position() == after) return false;
    in_ = ahead;
    return true;
  }

  operation read_operator() {
    for (const auto& [text, how] : operators)
      if (in_.take(text)) {
        in_.skip_white_space();
        return how;
      }
    return operation::none;
  }

  partial_version read_partial(operation how) {
    const auto begin = in_.position();
    while (in_.peek() == 'v' || in_.peek() == '=') in_.skip(1);
    const auto prefix_end = in_.position();
    partial_version partial;
    bool open = true;  // nothing that is missing or x so far
    const auto number = [&](std::uint64_t& into) {
      if (in_.take("x") || in_.take("X") || in_.take("*")) {
        open = false;
        return;
      }
      if (!semver_reading::is_digit(in_.peek())) in_.fail("a number, x or * must stand here");
      const auto begins = in_.position();
      const auto value = in_.number();
      if (!open) {
        partial.stray_number = begins;
        return;
      }
      into = value;
      ++partial.known;
    };
    number(partial.version.major);
    if (in_.take(".")) {
      number(partial.version.minor);
      if (in_.take(".")) {
        number(partial.version.patch);
        in_.qualifiers(partial.version);
      }
    }
    if (!at_end_of_alternative() && !at_white_space()) in_.fail("nothing of a version can stand here");
    if (in_.position() - begin > semver::max_length)
      in_.fail_at(begin, "a version must not be longer than " + std::to_string(semver::max_length) + " characters");
    check_prefix(how, partial, begin, prefix_end);
    if (!partial.is_full()) partial.version = without_qualifiers(partial.version);
    return partial;
  }

  /// Before a whole version that is compared as it is, one 'v' may stand; elsewhere any number of 'v' and '='.
  void check_prefix(operation how, const partial_version& partial, std::size_t begin, std::size_t end) const {
    // "> =1" must not be taken for another relation than it looks like.
    if ((how == operation::less || how == operation::more) && in_.text()[begin] == '=')
      in_.fail_at(begin, "no '=' can stand here");
    if (!partial.is_full() || how == operation::tilde || how == operation::caret || begin == end) return;
    if (end - begin > 1 || in_.text()[begin] != 'v') in_.fail_at(begin, "one 'v' at most may stand before a version");
  }

  void add_relation(relation how, semver version) { set_.push_back({how, std::move(version)}); }
  void add_nothing() { add_relation(relation::less, first_prerelease({})); }

  /// What begins at a version that is not whole begins, with prereleases included, at its first prerelease.
  semver beginning(const semver& v) const { return options_.include_prerelease ? first_prerelease(v) : v; }

  std::uint64_t next(std::uint64_t number) const {
    if (number == semver::max_number)
      in_.fail("a range that ends above " + std::to_string(semver::max_number) + " cannot be expressed");
    return number + 1;
  }
  semver next_major(const semver& v) const { return {.major = next(v.major)}; }
  semver next_minor(const semver& v) const { return {.major = v.major, .minor = next(v.minor)}; }
  semver next_patch(const semver& v) const { return {.major = v.major, .minor = v.minor, .patch = next(v.patch)}; }

  /// The first version that does not begin with the numbers that are known.
  semver end_of(const partial_version& p) const { return p.known == 1 ? next_major(p.version) : next_minor(p.version); }

  void add(operation how, const partial_version& p) {
    if (p.stray_number && how != operation::tilde && how != operation::caret)
      in_.fail_at(*p.stray_number, "no number can stand after an x");
    if (p.is_any()) {
      if (how == operation::less || how == operation::more) add_nothing();
      return;
    }
    switch (how) {
      case operation::tilde:
        return add_tilde(p);
      case operation::caret:
        return add_caret(p);
      case operation::none:
      case operation::equal:
        if (p.is_full()) return add_relation(relation::equal, without_build(p.version));
        return add_from_to(beginning(p.version), end_of(p));
      case operation::less:
        return add_relation(relation::less, p.is_full() ? without_build(p.version) : first_prerelease(p.version));
      case operation::at_least:
        return add_relation(relation::at_least, p.is_full() ? without_build(p.version) : beginning(p.version));
      case operation::at_most:
        if (p.is_full()) return add_relation(relation::at_most, without_build(p.version));
        return add_relation(relation::less, first_prerelease(end_of(p)));
      case operation::more:
        if (p.is_full()) return add_relation(relation::more, without_build(p.version));
        return add_relation(relation::at_least, beginning(end_of(p)));
    }
  }

  void add_from_to(semver from, const semver& to) {
    add_relation(relation::at_least, without_build(std::move(from)));
    add_relation(relation::less, first_prerelease(to));
  }

  void add_tilde(const partial_version& p) { add_from_to(p.is_full() ? p.version : beginning(p.version), end_of(p)); }

  void add_caret(const partial_version& p) {
    const auto& v = p.version;
    const bool stays = v.major == 0 && p.known > 1;  // the leftmost number that is not 0 must stay
    const auto end = !stays ? next_major(v) : v.minor == 0 && p.is_full() ? next_patch(v) : next_minor(v);
    add_from_to(p.is_full() ? v : beginning(v), end);
  }

  void add_hyphen(const partial_version& lower, const partial_version& upper) {
    if (!lower.is_any())
      add_relation(relation::at_least, lower.version.is_prerelease() ? without_build(lower.version)
                                                                     : beginning(without_qualifiers(lower.version)));
    if (upper.is_any()) return;
    if (!upper.is_full()) return add_relation(relation::less, first_prerelease(end_of(upper)));
    if (upper.version.is_prerelease() || !options_.include_prerelease)
      return add_relation(relation::at_most, without_build(upper.version));
    add_relation(relation::less, first_prerelease(next_patch(upper.version)));
  }

  static bool is_nothing(const comparator& c) { return c.how == relation::less && c.version == first_prerelease({}); }

  bool is_everything(const comparator& c) const {
    return c.how == relation::at_least && c.version == (options_.include_prerelease ? first_prerelease({}) : semver{});
  }

  static bool holds_nothing(const comparators& set) { return !set.empty() && is_nothing(set.front()); }

  /// Without comparators that say nothing or say it again; one that nothing fits stands for all.
  comparators without_repetition(comparators set) const {
    comparators kept;
    for (auto& c : set) {
      if (is_nothing(c)) return {std::move(c)};
      const auto same = [&](const comparator& k) { return k.how == c.how && k.version == c.version; };
      if (!is_everything(c) && std::none_of(kept.begin(), kept.end(), same)) kept.push_back(std::move(c));
    }
    return kept;
  }

  std::vector<comparators> simplified(std::vector<comparators> alternatives) const {
    for (auto& set : alternatives) set = without_repetition(std::move(set));
    if (std::any_of(alternatives.begin(), alternatives.end(), [](const auto& set) { return set.empty(); })) return {{}};
    const auto something = std::stable_partition(alternatives.begin(), alternatives.end(),
                                                 [](const auto& set) { return !holds_nothing(set); });
    alternatives.erase(something == alternatives.begin() ? something + 1 : something, alternatives.end());
    return alternatives;
  }

  reader in_;
  options options_;
  comparators set_;
};

semver_range::semver_range() : alternatives_{{}} {}

template <class Read>
result<semver_range> semver_range::read(options how, Read&& alternatives) try {
  semver_range range;
  range.alternatives_ = alternatives();
  range.options_ = how;
  return range;
} catch (error& e) {
  return tl::unexpected<error>{std::move(e)};
}

result<semver_range> semver_range::parse(std::string_view text, options how) {
  return read(how, [&] { return parser{"version range", text, how}.range(); });
}

result<semver_range> semver_range::at_least(std::string_view version, options how) {
  return read(how, [&] { return parser{"version", version, how}.bound(operation::at_least); });
}

result<semver_range> semver_range::at_most(std::string_view version, options how) {
  return read(how, [&] { return parser{"version", version, how}.bound(operation::at_most); });
}

bool semver_range::holds(const comparator& c, const semver& version) noexcept {
  const auto order = version <=> c.version;
  switch (c.how) {
    case relation::less:
      return order < 0;
    case relation::at_most:
      return order <= 0;
    case relation::equal:
      return order == 0;
    case relation::at_least:
      return order >= 0;
    case relation::more:
      return order > 0;
  }
  return false;
}

bool semver_range::contains(const semver& version) const noexcept {
  const bool must_be_named = version.is_prerelease() && !options_.include_prerelease;
  return std::any_of(alternatives_.begin(), alternatives_.end(), [&](const comparators& set) {
    const auto names_it = [&](const comparator& c) {
      return c.version.is_prerelease() && same_numbers(c.version, version);
    };
    return std::all_of(set.begin(), set.end(), [&](const comparator& c) { return holds(c, version); }) &&
           (!must_be_named || std::any_of(set.begin(), set.end(), names_it));
  });
}

std::string semver_range::text_of(const comparator& c) {
  static constexpr std::array<std::string_view, 5> signs{"<", "<=", "", ">=", ">"};
  return std::string{signs[static_cast<std::size_t>(c.how)]} + streamspace::to_string(c.version);
}

std::string semver_range::to_string() const {
  std::string text;
  for (const auto& set : alternatives_) {
    if (set.empty()) return "*";
    if (!text.empty()) text += "||";
    for (const auto& c : set) text += (&c == &set.front() ? "" : " ") + text_of(c);
  }
  return text;
}

result<bool> satisfies(std::string_view version, std::string_view range, semver_range::options how) {
  auto v = semver::parse(version);
  if (!v) return tl::unexpected<error>{std::move(v).error()};
  auto r = semver_range::parse(range, how);
  if (!r) return tl::unexpected<error>{std::move(r).error()};
  return r->contains(*v);
}

std::optional<semver> max_satisfying(std::span<const semver> versions, const semver_range& range) {
  const semver* highest = nullptr;
  for (const auto& v : versions)
    if (range.contains(v) && (!highest || *highest < v)) highest = &v;
  return highest ? std::optional{*highest} : std::nullopt;
}

}  // namespace streamspace
