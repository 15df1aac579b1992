// What a log does with the values of a topic's configuration. Whoever reads configurations fills this in and hands
// a new one to PartitionLog::update_options when they change.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

#include "record/batch_validator.h"

namespace odradek::storage {

struct LogOptions {
  // Rolling: a segment is closed when the next batch would not fit, or when it is older than segment_age_max by
  // the timestamps of its records (less a jitter chosen per segment).
  uint64_t segment_bytes_max = uint64_t{1} << 30;          // segment.bytes
  std::chrono::milliseconds segment_age_max{604'800'000};  // segment.ms
  std::chrono::milliseconds segment_jitter_max{0};         // segment.jitter.ms
  uint64_t segment_index_bytes_max = 10 << 20;             // segment.index.bytes
  uint64_t index_interval_bytes = 4096;                    // index.interval.bytes

  // Retention: -1 keeps for ever. Only where cleanup.policy names `delete`.
  bool deletes = true;
  bool compacts = false;                                // cleanup.policy names `compact`
  int64_t retention_bytes = -1;                         // retention.bytes
  int64_t retention_ms = 604'800'000;                   // retention.ms
  std::chrono::milliseconds file_delete_delay{60'000};  // file.delete.delay.ms

  // Compaction. A segment is closed when it is older than max_compaction_lag, too.
  double min_cleanable_dirty_ratio = 0.5;                                          // min.cleanable.dirty.ratio
  std::chrono::milliseconds min_compaction_lag{0};                                 // min.compaction.lag.ms
  std::chrono::milliseconds max_compaction_lag{std::chrono::milliseconds::max()};  // max.compaction.lag.ms
  std::chrono::milliseconds delete_retention{86'400'000};                          // delete.retention.ms

  // Forced syncs: after so many records or so long; the group commit of idea 9 comes on top.
  int64_t flush_records = std::numeric_limits<int64_t>::max();            // flush.messages
  std::chrono::milliseconds flush_age{std::chrono::milliseconds::max()};  // flush.ms

  // What is accepted from producers, and in which form it is stored (compression.type, message.timestamp.*,
  // max.message.bytes). Keys are required where `compacts` is set, whatever it says here.
  record::ProduceRules produce;

  // Producers whose last batch is older are forgotten; at most this many are remembered.
  std::chrono::milliseconds producer_expiration{86'400'000};  // producer.id.expiration.ms
  size_t producers_max = 100'000;
};

}  // namespace odradek::storage
