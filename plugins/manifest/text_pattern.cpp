#include <array>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <streamspace/plugins/manifest/text_pattern.hpp>

namespace streamspace {

namespace {

constexpr std::uint32_t most_steps = 20'000;
constexpr std::uint32_t most_memory_kib = 4 * 1024;

struct free_pcre2 {
  void operator()(pcre2_code* p) const { pcre2_code_free(p); }
  void operator()(pcre2_match_context* p) const { pcre2_match_context_free(p); }
  void operator()(pcre2_match_data* p) const { pcre2_match_data_free(p); }
};
template <class T>
using owned = std::unique_ptr<T, free_pcre2>;

PCRE2_SPTR bytes_of(std::string_view text) {
  return reinterpret_cast<PCRE2_SPTR>(text.data());
}

}  // namespace

struct text_pattern::compiled {
  owned<pcre2_code> code;
  owned<pcre2_match_context> limits;
};

result<text_pattern> text_pattern::compile(std::string_view pattern) {
  if (pattern.size() > max_length)
    return failure(ec::invalid_argument, "is longer than " + std::to_string(max_length) + " characters");
  int code = 0;
  PCRE2_SIZE at = 0;
  auto c = std::make_shared<compiled>();
  c->code.reset(pcre2_compile(bytes_of(pattern), pattern.size(),
                              PCRE2_UTF | PCRE2_ALT_BSUX | PCRE2_ALLOW_EMPTY_CLASS | PCRE2_DOLLAR_ENDONLY |
                                  PCRE2_MATCH_UNSET_BACKREF | PCRE2_NEVER_BACKSLASH_C,
                              &code, &at, nullptr));
  if (!c->code) {
    std::array<PCRE2_UCHAR, 256> text{};
    pcre2_get_error_message(code, text.data(), text.size());
    return failure(ec::invalid_argument, "is wrong at character " + std::to_string(at + 1) + ": " +
                                             reinterpret_cast<const char*>(text.data()));
  }
  c->limits.reset(pcre2_match_context_create(nullptr));
  if (!c->limits) throw std::bad_alloc{};
  pcre2_set_match_limit(c->limits.get(), most_steps);
  pcre2_set_depth_limit(c->limits.get(), most_steps);
  pcre2_set_heap_limit(c->limits.get(), most_memory_kib);
  return text_pattern{std::move(c)};
}

text_pattern::outcome text_pattern::search(std::string_view text) const {
  const owned<pcre2_match_data> data{pcre2_match_data_create_from_pattern(compiled_->code.get(), nullptr)};
  if (!data) throw std::bad_alloc{};
  const auto found =
      pcre2_match(compiled_->code.get(), bytes_of(text), text.size(), 0, 0, data.get(), compiled_->limits.get());
  if (found >= 0) return outcome::found;
  const bool gave_up =
      found == PCRE2_ERROR_MATCHLIMIT || found == PCRE2_ERROR_DEPTHLIMIT || found == PCRE2_ERROR_HEAPLIMIT;
  return gave_up ? outcome::too_costly : outcome::not_found;
}

}  // namespace streamspace
