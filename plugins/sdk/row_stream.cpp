#include <algorithm>
#include <utility>

#include <streamspace/plugins/sdk/row_stream.hpp>

namespace streamspace {

namespace {

/// What a batch should have in it, by the size of the rows before.
constexpr std::size_t bytes_a_batch = 1 << 20;
constexpr std::size_t most_rows_a_batch = 10'000;
/// So that the server always has something to do.
constexpr std::size_t batches_ahead = 2;

}  // namespace

row_stream::row_stream(sql_executor& executor, sql_statement statement, sql_deadline deadline)
    : transaction_{executor.begin(deadline)} {
  statement.text = "DECLARE streamspace_rows NO SCROLL CURSOR FOR " + statement.text;
  transaction_->execute(statement);
  ask_for_batch();
  take_batch();
}

void row_stream::ask_for_batch() {
  transaction_->start({"FETCH " + std::to_string(rows_a_batch_) + " FROM streamspace_rows", {}});
  asked_for_.push_back(rows_a_batch_);
}

void row_stream::take_batch() {
  batch_ = transaction_->finish();
  next_ = 0;
  const auto asked_for = asked_for_.front();
  asked_for_.pop_front();
  if (batch_.size() < asked_for) return transaction_.reset();
  const auto bytes_a_row = batch_.bytes() / batch_.size() + 1;
  rows_a_batch_ = std::clamp<std::size_t>(bytes_a_batch / bytes_a_row, 1, most_rows_a_batch);
  while (asked_for_.size() < batches_ahead) ask_for_batch();
}

}  // namespace streamspace
