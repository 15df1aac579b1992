// What compaction leaves of one batch: all of it, some of its records, its header alone, or nothing. Pure.
//
// Of each key the last record below the end of the map stays. A tombstone (a record without a value) stays until the
// delete horizon, which its batch carries from the first compaction on: so long may a reader take to learn of the
// deletion. Records of aborted transactions go; a marker stays until nothing of its transaction is left, and then until
// a delete horizon of its own. A batch is left without records where its producer's last sequence number or the end
// of the cleaned offsets would be forgotten with it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "record/batch_builder.h"
#include "record/batch_header.h"
#include "record/batch_reader.h"
#include "storage/cleaned_transactions.h"
#include "storage/offset_map.h"
#include "storage/producer_table.h"

namespace odradek::storage {

// What is the same for all batches of one cleaning.
struct FilterRules {
  const OffsetMap& map;
  Offset map_end;      // records at or above are not in the map: they stay
  Offset upper_bound;  // no cleaning of this round goes beyond
  const ProducerTable& producers;
  int64_t now_ms = 0;
  int64_t delete_retention_ms = 0;
  bool keeps_legacy_tombstones = false;  // those of formats v0 and v1, which carry no horizon
  record::CompressionLevels levels;
};

enum class BatchFate : uint8_t {
  Kept,      // byte for byte
  Replaced,  // by replacement()
  Dropped,
};

class BatchFilter {
 public:
  // `batch`: all its bytes, of any format; they, `rules` and `transactions` outlive it.
  BatchFilter(const FilterRules& rules, CleanedTransactions& transactions, const record::BatchHeader& header,
              ByteView batch);

  // Works on for about 64 KiB of records; true once the fate is known. Errors as record::RecordReader's; InvalidRecord
  // where the batch must be written anew and the offsets of what stays are none that a batch can have (Kafka stores
  // such).
  [[nodiscard]] Result<bool> step();

  [[nodiscard]] BatchFate fate() const { return fate_; }
  // Where the fate is Replaced.
  [[nodiscard]] const Bytes& replacement() const { return replacement_; }
  // An aborted transaction that ended here and is still needed by readers.
  [[nodiscard]] const std::optional<AbortedTransaction>& ended() const { return ended_; }

 private:
  enum class Stage : uint8_t { Begin, Judging, Writing, Done };

  [[nodiscard]] Result<> begin();
  [[nodiscard]] Result<bool> judge();
  [[nodiscard]] Result<bool> write();
  [[nodiscard]] bool stays(const record::RecordView& record) const;
  [[nodiscard]] bool is_last_of_its_producer() const;
  void settle();
  void begin_writing();
  void replace_by_header();

  const FilterRules& rules_;
  CleanedTransactions& transactions_;
  record::BatchHeader header_;
  ByteView batch_;
  Stage stage_ = Stage::Begin;
  bool drops_records_ = false;
  bool keeps_header_ = false;
  bool marker_is_spent_ = false;
  bool has_tombstones_ = false;
  std::vector<bool> stays_;  // per record
  size_t staying_ = 0;
  Offset last_staying_{-1};
  bool can_be_written_ = true;  // what stays is in ascending order, and where the batch says its records are
  size_t written_ = 0;          // records looked at while writing
  std::optional<int64_t> horizon_;
  std::optional<record::RecordReader> reader_;
  std::optional<record::BatchBuilder> builder_;
  Bytes replacement_;
  std::optional<AbortedTransaction> ended_;
  BatchFate fate_ = BatchFate::Kept;
};

}  // namespace odradek::storage
