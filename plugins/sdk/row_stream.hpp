#pragma once

#include <cstddef>
#include <deque>
#include <iterator>
#include <memory>

#include <streamspace/messages/sql.hpp>

namespace streamspace {

/// The rows of a query, fetched in batches of about a mebibyte while a loop walks over those before, so memory does not
/// grow with the answer. It holds a connection until its last row is fetched or it is destroyed: walk and let go. One
/// pass. Errors are thrown by begin() and ++.
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

  row_stream(sql_executor& executor, sql_statement statement, sql_deadline deadline);
  iterator begin() { return iterator{this}; }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  void advance() {
    if (++next_ >= batch_.size() && transaction_) take_batch();
  }
  /// Has the server find the next rows.
  void ask_for_batch();
  void take_batch();

  std::unique_ptr<sql_transaction> transaction_;  ///< Until all rows have come.
  sql_result batch_;
  std::size_t next_ = 0;
  std::size_t rows_a_batch_ = 100;
  std::deque<std::size_t> asked_for_;  ///< By the fetches that are under way.
};

}  // namespace streamspace
