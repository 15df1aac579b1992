#include "storage/cleaned_transactions.h"

namespace odradek::storage {

void CleanedTransactions::expect_aborted(std::span<const AbortedTransaction> transactions) {
  for (const AbortedTransaction& transaction : transactions) {
    expected_.emplace(transaction.first, transaction);
  }
}

void CleanedTransactions::begin_up_to(Offset offset) {
  while (!expected_.empty() && expected_.begin()->first <= offset) {
    const AbortedTransaction& transaction = expected_.begin()->second;
    aborted_.try_emplace(transaction.producer, Aborted{.transaction = transaction});
    expected_.erase(expected_.begin());
  }
}

bool CleanedTransactions::is_aborted(const record::BatchHeader& batch) {
  begin_up_to(batch.last_offset);
  if (!batch.is_transactional()) {
    return false;
  }
  const auto found = aborted_.find(batch.producer_id);
  if (found == aborted_.end()) {
    committed_.insert(batch.producer_id);
    return false;
  }
  found->second.has_batches = true;
  return true;
}

CleanedTransactions::Marker CleanedTransactions::end(const record::BatchHeader& batch,
                                                     std::optional<record::ControlType> type, bool is_empty) {
  begin_up_to(batch.last_offset);
  if (is_empty) {
    return {.is_spent = true, .ended = {}};
  }
  if (type == record::ControlType::Commit) {
    return {.is_spent = committed_.erase(batch.producer_id) == 0, .ended = {}};
  }
  if (type != record::ControlType::Abort) {
    return {};
  }
  const auto found = aborted_.find(batch.producer_id);
  if (found == aborted_.end()) {
    return {.is_spent = true, .ended = {}};
  }
  const Aborted aborted = found->second;
  aborted_.erase(found);
  if (!aborted.has_batches) {
    return {.is_spent = true, .ended = {}};
  }
  return {.is_spent = false, .ended = aborted.transaction};
}

}  // namespace odradek::storage
