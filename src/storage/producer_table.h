// What is known about each producer that wrote to one partition: for idempotence, fencing and transactions.
//
// Remembers each producer's last five batches, so that a batch sent again is recognised. Kept by the PartitionLog,
// which applies every appended batch; `<offset>.snapshot` files hold a copy (with the last batch only) as of an
// offset, so that after a restart only what came later is replayed. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "model/ids.h"

namespace odradek::storage {

// A batch that a producer wrote, as duplicates are recognised by it.
struct ProducerBatch {
  int32_t last_sequence = no_sequence;
  Offset last_offset{-1};
  int32_t offset_delta = 0;  // last offset - first offset
  int64_t timestamp = no_timestamp;

  [[nodiscard]] int32_t first_sequence() const;  // sequences wrap from 2147483647 to 0
  [[nodiscard]] Offset first_offset() const { return last_offset + -offset_delta; }
  friend bool operator==(const ProducerBatch&, const ProducerBatch&) = default;
};

struct ProducerState {
  static constexpr size_t batches_max = 5;

  ProducerId id;
  ProducerEpoch epoch = no_producer_epoch;
  int32_t coordinator_epoch = -1;
  int64_t last_timestamp = no_timestamp;
  std::optional<Offset> transaction_first;  // first offset of the open transaction
  std::vector<ProducerBatch> batches;       // oldest first, at most batches_max
  bool began_amid = false;                  // unknown before its oldest batch, which was not its epoch's first

  [[nodiscard]] int32_t last_sequence() const { return batches.empty() ? no_sequence : batches.back().last_sequence; }
  [[nodiscard]] Offset last_offset() const { return batches.empty() ? Offset{-1} : batches.back().last_offset; }
  friend bool operator==(const ProducerState&, const ProducerState&) = default;
};

// The fields of a batch header that concern producers.
struct ProducerWrite {
  ProducerId id;
  ProducerEpoch epoch;
  int32_t base_sequence;
  int32_t last_sequence;
  int32_t offset_delta;
  int64_t timestamp;  // the batch's largest
  bool transactional;
};

// Whether `next` is what may come after `before` and nothing else: the same producer and epoch, the sequence after its
// last, and the same side of a transaction.
[[nodiscard]] bool continues(const ProducerWrite& before, const ProducerWrite& next);

struct TransactionMarker {
  ProducerId id;
  ProducerEpoch epoch;
  int32_t coordinator_epoch;
  int64_t timestamp;
  bool commits;
};

// A transaction that a marker ended.
struct CompletedTransaction {
  ProducerId id;
  Offset first;
  Offset marker;
  bool aborted;
  friend bool operator==(const CompletedTransaction&, const CompletedTransaction&) = default;
};

class ProducerTable {
 public:
  // The batch written before that this one repeats, if it is a duplicate; nothing if it may be appended. Errors:
  // InvalidProducerEpoch (an older epoch), OutOfOrderSequence (a gap, or an unknown sequence of a new epoch),
  // DuplicateSequence (it was appended once, and where is not remembered: sequences come without gaps, so those up to
  // the last one are all there; Kafka calls it out of order, whereupon its clients write it twice. What comes before
  // the first batch of a producer nobody knew is out of order here, too: it may never have been appended),
  // InvalidTxnState (a plain batch inside a transaction).
  [[nodiscard]] Result<std::optional<ProducerBatch>> check(const ProducerWrite& write) const;
  // InvalidProducerEpoch where the marker's epoch is older; TransactionCoordinatorFenced has no code of its own
  // here: an older coordinator's marker is refused with InvalidProducerEpoch too.
  [[nodiscard]] Result<> check(const TransactionMarker& marker) const;

  // Applies what was appended at `first`; no checks (a follower and replay take what the leader accepted).
  void apply(const ProducerWrite& write, Offset first);
  // Applies a marker at `offset`; the transaction it ended, if one was open. It holds the stable offset back until
  // forget_completed_below passes it.
  std::optional<CompletedTransaction> apply(const TransactionMarker& marker, Offset offset);

  // What the last stable offset will be once `completed` is no longer open.
  [[nodiscard]] Offset stable_after(const CompletedTransaction& completed) const;
  [[nodiscard]] std::optional<Offset> first_unstable() const;
  void forget_completed_below(Offset high_watermark);

  // Forgets producers without an open transaction whose last write is older than `expiration_ms`.
  void expire(int64_t now_ms, int64_t expiration_ms);
  // Forgets those longest silent (never one with an open transaction) until at most `count` are left.
  void limit(size_t count);
  void clear();

  void put(ProducerState state);  // from a snapshot
  [[nodiscard]] const ProducerState* find(ProducerId id) const;
  [[nodiscard]] const std::unordered_map<ProducerId, ProducerState>& producers() const { return producers_; }
  [[nodiscard]] size_t size() const { return producers_.size(); }

 private:
  std::unordered_map<ProducerId, ProducerState> producers_;
  std::map<Offset, ProducerId> open_;                    // transactions, by first offset
  std::map<Offset, CompletedTransaction> unreplicated_;  // ended, but their marker may still be lost; by first offset
};

}  // namespace odradek::storage
