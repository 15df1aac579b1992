// The partitions of one shard.
//
// It makes the directories agree with the metadata: opens what was found at the start, creates what is new, retires
// what was deleted. A partition is in the table as soon as the metadata names it; requests wait until its log is
// there. Changes to directories of one name are made one after the other, so a topic deleted and created again under
// its name gets a directory of its own; where another shard owned the old one, the new one waits for the name.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "metadata/image_feed.h"
#include "model/ids.h"
#include "observe/log.h"
#include "replication/clock_watch.h"
#include "replication/log_flusher.h"
#include "replication/partition.h"
#include "runtime/shard.h"
#include "runtime/task_group.h"
#include "storage/log_directory.h"

namespace odradek::replication {

// What a topic's configuration says to its partitions.
struct TopicRules {
  storage::LogOptions log;
  int32_t min_insync_replicas = 1;
};

// A directory of log.dirs, as the table needs it.
struct LogDirectoryRef {
  std::string path;
  DirectoryId id;
};

// Offsets of the partitions of one shard, for the checkpoint files of one log directory.
struct DirectoryOffsets {
  storage::OffsetCheckpoint recovery_points;
  storage::OffsetCheckpoint start_offsets;
  storage::OffsetCheckpoint high_watermarks;
  storage::OffsetCheckpoint cleaner_offsets;  // of logs that were compacted
};

// One log as DescribeLogDirs tells of it.
struct LogDescription {
  TopicPartition partition;
  size_t directory = 0;  // index into the table's directories
  uint64_t size_bytes = 0;
};

// A log that is to be compacted.
struct DirtyLog {
  PartitionId id;
  double dirty_share = 0;
};

class PartitionTable final : private DiskKeeper {
 public:
  // Whether this shard owns the partition.
  using Owns = std::function<bool(const PartitionId&)>;
  // The rules of a topic as of an image.
  using RulesOf = std::function<TopicRules(const metadata::MetadataImage&, std::string_view topic)>;

  // Returns when the checkpoint files say nothing any more of partitions that are no longer in any table. Errors of
  // the disk: they still may.
  using Forget = std::function<runtime::Async<>()>;

  // Hears that a log directory failed; every table is to be told by fail_directory.
  using DirectoryFailed = std::function<void(size_t directory, const Error& why)>;

  PartitionTable(NodeId self, std::vector<LogDirectoryRef> directories, Owns owns, RulesOf rules_of);
  ~PartitionTable() override;

  // A partition directory that was there at the start; before the first image that names it.
  void expect(storage::FoundPartition found);

  // Takes over what changed. Returns at once; settled() waits for the directories.
  void apply(const metadata::ImageUpdate& update);
  // The broker's own configuration changed: every topic's rules are worked out anew.
  void refresh_rules(const metadata::MetadataImage& image);
  // Returns when everything applied so far has been carried out on disk.
  [[nodiscard]] runtime::Task<void> settled();
  // Directories expected and not claimed by the metadata applied so far: renamed to `-stray`, and reported. Call it
  // once, when everything known at the start has been applied and before topics are created.
  [[nodiscard]] runtime::Task<void> retire_strays();

  // Awaited before the directory of a deleted partition gives up its name, for any shard to use: after a crash a new
  // partition of that name must not be given the offsets of the old one.
  void forget_retired_by(Forget forget) { forget_ = std::move(forget); }
  // The checkpoints of this start speak of partitions that have no directory: that, too, is forgotten before any is
  // made.
  void note_unknown_offsets() { has_unknown_offsets_ = true; }

  // Null when this shard has no such partition.
  [[nodiscard]] std::shared_ptr<Partition> find(const PartitionId& id) const;
  [[nodiscard]] const TopicRules* rules(TopicId topic) const;
  [[nodiscard]] size_t size() const { return partitions_.size(); }

  // Flushes in the background, from now until close().
  void start_flushing(LogFlusher::SyncAll sync_all, FlushIntervals intervals);
  [[nodiscard]] LogFlusher& flusher() { return flusher_; }

  // A sync in that directory failed, here or on another shard: nobody knows what the disk holds. Its partitions answer
  // Io from now on, and no new ones go there.
  void fail_directory(size_t directory, const Error& why);
  void report_failures_to(DirectoryFailed report) { report_failure_ = std::move(report); }
  [[nodiscard]] bool has_failed(size_t directory) const { return failures_[directory].has_value(); }

  // In the order of the directories; of those not opened (yet) what the checkpoints said. Once its partitions are being
  // closed: as they were then, for other shards may still have checkpoints written.
  [[nodiscard]] std::vector<DirectoryOffsets> offsets() const;
  [[nodiscard]] std::vector<LogDescription> describe_logs() const;

  // Retention, expiry of producers and removal of deleted files; every `log.retention.check.interval.ms`. Nothing goes
  // by its age for file.delete.delay.ms after the wall clock was set.
  [[nodiscard]] runtime::Task<void> upkeep();

  // The directory's disk is full, or no longer. While it is, what room is left is for checkpoints: no records shall be
  // appended to its partitions.
  void set_full(size_t directory, bool is_full);
  [[nodiscard]] bool is_full(Partition& partition) const;

  // Which log of this shard needs compaction most; nothing if none is due. Of those not in `except`.
  [[nodiscard]] runtime::Task<std::optional<DirtyLog>> dirtiest(std::vector<PartitionId> except);
  // Compacts it. False: it was not done, or not to the end. One call for a partition at a time.
  [[nodiscard]] runtime::Task<bool> clean(PartitionId id, storage::CleanerOptions options);
  // Ends compactions under way, soon, and begins no more.
  void stop_cleaning() { cleaning_stopped_ = true; }
  [[nodiscard]] runtime::Task<void> remove_deleted_files();

  // What is on disk after close().
  struct Closed {
    bool is_clean = true;                   // every log was closed without an error, failed directories apart
    std::vector<DirectoryOffsets> offsets;  // for the last checkpoints: true once the directories are synced
  };

  // Refuses further requests and closes every log; syncing the directories is the caller's, one call for all of them.
  // `left` hears after each log how many are still open.
  [[nodiscard]] runtime::Task<Closed> close(std::function<void(size_t)> left);

 private:
  // Something to be done to a partition's directory.
  struct Change {
    enum class Kind : uint8_t { Open, Retire };
    Kind kind;
    std::shared_ptr<Partition> partition;
  };
  struct Topic {
    std::string name;
    TopicRules rules;
    size_t partitions = 0;  // of this shard
  };

  void grew(Partition& partition) override { flusher_.add(partition.shared_from_this()); }
  void wanted(Partition& partition) override;
  void disk_failed(Partition& partition, const Error& why) override;
  void directory_failed(size_t directory, const Error& why);

  void host(const metadata::MetadataImage& image, const metadata::TopicImage& topic, PartitionIndex index);
  void drop(const PartitionId& id);
  void enqueue(Change change);
  [[nodiscard]] std::optional<Change> next_change();
  void tell_progress();
  [[nodiscard]] runtime::Task<void> carry_out_all();
  [[nodiscard]] runtime::Task<void> carry_out(Change change);
  [[nodiscard]] runtime::Task<void> close_one(std::shared_ptr<Partition> partition, Closed& closed);
  [[nodiscard]] runtime::Task<void> open(std::shared_ptr<Partition> partition);
  [[nodiscard]] runtime::Task<void> open_later(std::shared_ptr<Partition> partition);
  [[nodiscard]] runtime::Async<std::unique_ptr<storage::PartitionLog>> open_log(const Partition& partition);
  [[nodiscard]] storage::LogOptions options_of(TopicId topic) const;
  [[nodiscard]] std::vector<storage::LogPlace> places_of(const TopicPartition& name) const;
  [[nodiscard]] runtime::Task<void> retire(std::shared_ptr<Partition> partition);
  [[nodiscard]] runtime::Async<std::unique_ptr<storage::PartitionLog>> make_log(const Partition& partition);
  [[nodiscard]] runtime::Async<> forget_offsets();
  [[nodiscard]] runtime::Async<> give_up_name(storage::LogPlace place, runtime::Duration delay,
                                              storage::PartitionLog* log);
  [[nodiscard]] runtime::Task<void> retire_unopened(TopicPartition name);
  [[nodiscard]] runtime::Task<void> remove_half_made_later(std::string path, TopicId topic);
  [[nodiscard]] runtime::Task<void> retire_later(storage::LogPlace place, runtime::Duration delay);
  [[nodiscard]] runtime::Task<void> remove_later(std::string path, runtime::Duration delay);
  void note_offsets(const Partition& partition, const storage::PartitionLog& log, Offset recovery_point,
                    std::vector<DirectoryOffsets>& offsets) const;
  // Those whose log is there.
  [[nodiscard]] std::vector<std::shared_ptr<Partition>> open_partitions() const;
  void look_at_clocks();
  [[nodiscard]] bool may_delete_by_age(Partition& partition) const;
  // Which of our directories this one lies in.
  [[nodiscard]] size_t directory_of(std::string_view path) const;
  // Nothing where all have failed.
  [[nodiscard]] std::optional<size_t> emptiest_directory() const;

  NodeId self_;
  std::vector<LogDirectoryRef> directories_;
  std::vector<size_t> partitions_in_;           // per directory
  std::vector<std::optional<Error>> failures_;  // per directory
  DirectoryFailed report_failure_;              // may be empty
  Owns owns_;
  RulesOf rules_of_;
  Forget forget_;  // may be empty
  bool has_unknown_offsets_ = false;
  std::unordered_map<PartitionId, std::shared_ptr<Partition>> partitions_;
  std::unordered_map<TopicId, Topic> topics_;
  std::unordered_multimap<TopicPartition, storage::FoundPartition> found_;  // and not opened so far
  std::deque<Change> changes_;
  std::vector<bool> full_;  // per directory; empty while none was
  bool any_full_ = false;
  size_t retirements_ = 0;                               // among them
  std::unordered_set<const Partition*> unopened_;        // those of them that are to be opened
  std::deque<std::shared_ptr<Partition>> wanted_first_;  // and those of these that somebody waits for
  runtime::MonotonicTime progress_told_{};
  bool carrying_out_ = false;
  bool closing_ = false;
  std::optional<std::vector<DirectoryOffsets>> last_offsets_;  // when its partitions began to be closed
  bool cleaning_stopped_ = false;
  ClockWatch clocks_;
  runtime::Signal settled_;
  runtime::Signal closing_signal_;
  LogFlusher flusher_;
  runtime::TaskGroup tasks_;
  observe::Logger log_{"replication"};
};

}  // namespace odradek::replication
