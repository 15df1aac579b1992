// One directory of `log.dirs`: who holds it, whose it is, which partitions lie in it, and what its checkpoints say.
//
// It belongs to one shard, but the partitions in it may live on any: open() and take_inventory() answer with plain
// values, and each PartitionLog is then opened on its own shard from its LogPlace. The owner collects offsets from the
// shards and gives them to the store_ calls every `log.flush.offset.checkpoint.interval.ms` and at the end.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/ids.h"
#include "runtime/file.h"
#include "runtime/task.h"
#include "storage/meta_properties.h"
#include "storage/offset_checkpoint.h"
#include "storage/partition_log.h"

namespace odradek::storage {

// A partition's directory that was there at the start.
struct FoundPartition {
  LogPlace place;
  Offset high_watermark{0};  // of replication-offset-checkpoint; 0 if it does not say
};

struct Inventory {
  std::vector<FoundPartition> partitions;  // __cluster_metadata-0 is not among them
  bool has_metadata_log = false;
  bool has_unknown_offsets = false;    // checkpoints speak of partitions that have no directory here
  std::vector<std::string> to_remove;  // paths ending in -delete: to be removed after file.delete.delay.ms
  std::vector<std::string> strays;     // paths ending in -stray: left alone, and reported
};

class LogDirectory {
 public:
  enum class Holds : uint8_t { Partitions, MetadataOnly };

  // Creates the directory if it is absent, takes `.lock` (Locked: another broker runs here) and reads
  // meta.properties. Changes nothing else. Where partitions are, a foreign sub-directory is an error, as in Kafka:
  // InvalidConfig naming it.
  [[nodiscard]] static runtime::Async<std::unique_ptr<LogDirectory>> open(std::string path,
                                                                          Holds holds = Holds::Partitions);

  [[nodiscard]] const std::string& path() const { return path_; }
  // Absent in a directory that was never formatted.
  [[nodiscard]] const std::optional<MetaProperties>& properties() const { return properties_; }
  [[nodiscard]] runtime::Async<> store_properties(MetaProperties properties);

  // The partitions that have a directory here. Changes nothing.
  [[nodiscard]] runtime::Async<std::set<TopicPartition>> partitions() const;

  // Notes whether the last stop was clean, and removes the marker: from here on the directory is in use. Then lists
  // it. Once, before partitions are opened.
  [[nodiscard]] runtime::Async<Inventory> take_inventory();
  [[nodiscard]] bool was_clean() const { return was_clean_; }
  // The broker epoch that the marker of the clean stop carries.
  [[nodiscard]] std::optional<BrokerEpoch> previous_broker_epoch() const { return previous_broker_epoch_; }

  // Where a new partition goes; PartitionLog::create takes it from here.
  [[nodiscard]] LogPlace place_for(const TopicPartition& partition) const;

  // Whole contents of a checkpoint file, replaced at once.
  [[nodiscard]] runtime::Async<> store_recovery_points(OffsetCheckpoint offsets);
  [[nodiscard]] runtime::Async<> store_start_offsets(OffsetCheckpoint offsets);
  [[nodiscard]] runtime::Async<> store_high_watermarks(OffsetCheckpoint offsets);
  [[nodiscard]] runtime::Async<> store_cleaner_offsets(OffsetCheckpoint offsets);

  // Returns when all that was written in it is on disk.
  [[nodiscard]] runtime::Async<> sync();

  // Says that all partitions were closed without an error. The last thing before the process ends.
  [[nodiscard]] runtime::Async<> mark_clean(BrokerEpoch epoch);

 private:
  explicit LogDirectory(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] runtime::Async<> lock();
  [[nodiscard]] runtime::Async<> refuse_foreign_directories() const;
  [[nodiscard]] runtime::Async<> note_clean_marker();
  [[nodiscard]] bool speaks_of_others(const std::vector<FoundPartition>& partitions) const;
  [[nodiscard]] std::string file(std::string_view name) const;
  [[nodiscard]] static bool is_known_directory(std::string_view name);

  std::string path_;
  std::unique_ptr<runtime::FileLock> lock_;
  std::optional<MetaProperties> properties_;
  bool was_clean_ = false;
  std::optional<BrokerEpoch> previous_broker_epoch_;
  std::optional<OffsetCheckpoint> recovery_points_;  // as of the start
  OffsetCheckpoint start_offsets_;
  OffsetCheckpoint cleaner_offsets_;
};

}  // namespace odradek::storage
