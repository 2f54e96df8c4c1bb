#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <tuple>
#include <utility>

#include <streamspace/messages/sql.hpp>

namespace streamspace {

template <class... Ts>
class typed_row_stream;

/// The rows of a query that come in batches while a loop walks over those before, so memory does not grow with the
/// answer (plugin_database::query, transaction::copy_out). One pass: for (auto row : db.query("SELECT ...")). One that
/// is left before the last row has come cancels the query. Errors are thrown when it is made and by ++; the deadline is
/// that of each batch.
class row_stream {
 public:
  class iterator {
   public:
    using value_type = sql_row;
    using difference_type = std::ptrdiff_t;
    explicit iterator(row_stream* owner) noexcept : owner_{owner} {}
    sql_row operator*() const { return owner_->batch_[owner_->next_]; }
    iterator& operator++() { return owner_->advance(), *this; }
    void operator++(int) { owner_->advance(); }
    bool operator==(std::default_sentinel_t) const { return owner_->next_ >= owner_->batch_.size(); }

   private:
    row_stream* owner_;
  };

  explicit row_stream(std::unique_ptr<sql_row_batches> batches)
      : batches_{std::move(batches)}, batch_{batches_->next()} {}
  row_stream(row_stream&&) noexcept = default;
  row_stream& operator=(row_stream&&) noexcept = default;

  /// The same rows as tuples, a type for each column (sql_row::as):
  /// for (const auto& [id, name] : db.query("SELECT id, name FROM t").as<int, std::string>())
  template <class... Ts>
  typed_row_stream<Ts...> as() && {
    return typed_row_stream<Ts...>{std::move(*this)};
  }

  iterator begin() { return iterator{this}; }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  void advance() {
    if (++next_ < batch_.size()) return;
    batch_ = batches_->next();
    next_ = 0;
  }

  std::unique_ptr<sql_row_batches> batches_;
  sql_result batch_;
  std::size_t next_ = 0;
};

/// Rows as tuples (row_stream::as).
template <class... Ts>
class typed_row_stream {
 public:
  class iterator {
   public:
    using value_type = std::tuple<Ts...>;
    using difference_type = std::ptrdiff_t;
    explicit iterator(row_stream::iterator at) noexcept : at_{at} {}
    std::tuple<Ts...> operator*() const { return (*at_).template as<Ts...>(); }
    iterator& operator++() { return ++at_, *this; }
    void operator++(int) { ++at_; }
    bool operator==(std::default_sentinel_t end) const { return at_ == end; }

   private:
    row_stream::iterator at_;
  };

  explicit typed_row_stream(row_stream rows) noexcept : rows_{std::move(rows)} {}
  iterator begin() { return iterator{rows_.begin()}; }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  row_stream rows_;
};

}  // namespace streamspace
