#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <string>

#include <streamspace/messages/sql.hpp>

namespace streamspace {

/// The rows of a query on their way out of the database (transaction::copy_out), in batches of about 64 KiB, so memory
/// does not grow with them. One pass: for (auto row : tx.copy_out("TABLE metrics")) row.get<int>("value"). Nothing else
/// runs in the transaction until the last row has come (conflict). One that is destroyed before cancels the COPY, and
/// its transaction can only be rolled back. The transaction must outlive it. Errors are thrown by begin() and ++; the
/// deadline is that of each batch.
class copy_reader {
 public:
  class iterator {
   public:
    using value_type = sql_row;
    using difference_type = std::ptrdiff_t;
    explicit iterator(copy_reader* owner) noexcept : owner_{owner} {}
    sql_row operator*() const { return owner_->batch_[owner_->next_]; }
    iterator& operator++() { return owner_->advance(), *this; }
    void operator++(int) { owner_->advance(); }
    bool operator==(std::default_sentinel_t) const { return owner_->next_ >= owner_->batch_.size(); }

   private:
    copy_reader* owner_;
  };

  copy_reader(sql_transaction& port, const std::string& query)
      : port_{port.copy_out("COPY (" + query + "\n) TO STDOUT (FORMAT csv, HEADER, ENCODING 'UTF8')")},
        batch_{port_->next()} {}
  copy_reader(const copy_reader&) = delete;
  copy_reader& operator=(const copy_reader&) = delete;

  iterator begin() { return iterator{this}; }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  void advance() {
    if (++next_ < batch_.size()) return;
    batch_ = port_->next();
    next_ = 0;
  }

  std::unique_ptr<sql_copy_out> port_;
  sql_result batch_;
  std::size_t next_ = 0;
};

}  // namespace streamspace
