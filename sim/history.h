// What was written, acknowledged and read in one life; says what may not be.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "model/ids.h"
#include "runtime/random.h"
#include "runtime/time.h"

namespace odradek::sim {

// A record as clients know it: who wrote it, and as its how-manieth to this partition.
struct Writing {
  int32_t producer = 0;
  int64_t number = 0;
  friend auto operator<=>(const Writing&, const Writing&) = default;

  [[nodiscard]] std::string text() const;
  // The key of its record.
  [[nodiscard]] int64_t key() const { return number % keys; }
  static constexpr int64_t keys = 8;
  [[nodiscard]] static std::optional<Writing> parse(std::string_view text);
};

// When somebody was told of a record, and whether only what is on the disk was to be told of.
struct Telling {
  runtime::MonotonicTime at{};
  bool on_disk = false;
};

// Of a killed process everything that was told survives. Of a power cut what was told as being on the disk, and what is
// older than the background flush allows; the rest may go, as the end of a log: settle() finds out how much did.
// Every note_ call answers with nothing, or with what is wrong.
class History {
 public:
  using Wrong = std::optional<std::string>;

  // The broker acknowledged that the record lies at `offset`.
  [[nodiscard]] Wrong note_acknowledged(const PartitionId& partition, Offset offset, Writing writing, Telling telling);
  // Its producer gave these up without an answer: a request that its connection has outlived may still be waiting in
  // the broker, and is in no order with what the same producer sends over another connection, until the broker stops.
  void note_given_up(const PartitionId& partition, Writing first, int64_t count);
  // The producer writes these next; what it gave up under an earlier broker can come no more.
  void note_made(Writing first) { first_made_.try_emplace({first.producer, starts_}, first.number); }
  // A reader saw it there.
  [[nodiscard]] Wrong note_read(const PartitionId& partition, Offset offset, Writing writing, int64_t timestamp,
                                Telling telling);

  // Records below `start` may be gone from now on: somebody asked for it, or they may expire.
  void allow_start(const PartitionId& partition, Offset start);

  // One that may be read, or the end.
  [[nodiscard]] Offset some_offset(const PartitionId& partition, runtime::Random& chance) const;

  // What was told before `flushed_before` has been on the disk since. What is told until the broker starts again had
  // been on its way before the cut: it holds as far as it was told as being on the disk.
  void power_cut(runtime::MonotonicTime flushed_before);
  void starts_again() {
    is_cut_off_ = false;
    ++starts_;
  }
  [[nodiscard]] uint64_t power_cuts() const { return power_cuts_; }
  // After every start of the broker: a reader has just seen all records from `start` to `end`; of a compacted partition
  // those of `seen`, which is null for others.
  [[nodiscard]] Wrong settle(const PartitionId& partition, Offset start, Offset end, const std::set<Offset>* seen);
  // Of a compacted partition that starts there it has seen, by key, these last records: is there a younger one that it
  // should have seen? Also before the start, unless that may have moved for another reason.
  [[nodiscard]] Wrong check_compacted(const PartitionId& partition, Offset start,
                                      const std::map<int64_t, Offset>& last_by_key) const;
  // How often a power cut took records that had been told of.
  [[nodiscard]] uint64_t losses(const PartitionId& partition) const;
  // A power cut may have taken some, and nobody could look since: the disk did not let them.
  [[nodiscard]] bool is_unsettled(const PartitionId& partition) const;

  // Is `answer` the first offset whose timestamp is at least `timestamp`, as far as is known? None: there is none.
  [[nodiscard]] Wrong check_timestamp(const PartitionId& partition, Offset start, int64_t timestamp,
                                      std::optional<Offset> answer) const;

  [[nodiscard]] size_t acknowledged() const { return acknowledged_; }
  [[nodiscard]] size_t read() const { return read_; }

 private:
  struct Known {
    Writing writing;
    int64_t timestamp = -1;  // until it has been read
    Telling first;           // the first telling, and whether any was of the disk
    uint64_t cuts = 0;       // before that
  };
  struct Partition {
    std::map<Offset, Known> records;       // all that was acknowledged or read
    std::map<Writing, Offset> places;      // of every writing known: it may have one only
    std::map<Writing, uint64_t> given_up;  // while which broker ran, by how often it had started
    Offset start_max{0};                   // the start may not lie beyond
    std::optional<Offset> safe_end;        // since a power cut, until settled: what lies below must be there
    std::string_view promise;              // what safe_end rests on
    uint64_t losses = 0;
  };
  [[nodiscard]] Wrong place(const PartitionId& partition, Offset offset, Writing writing, Telling telling);
  [[nodiscard]] static Offset end_of(const Partition& known);
  // The neighbours of the same producer must lie on the same side by offset as by number.
  [[nodiscard]] Wrong check_order(const Partition& known, Writing writing, Offset offset) const;
  // What was given up may come after what its producer made while the same broker ran.
  [[nodiscard]] bool may_be_late(const Partition& known, Writing given_up, Writing younger) const;
  // Whether the power cut that has not been settled may have taken it.
  [[nodiscard]] bool may_be_lost(const Partition& known, Offset offset) const;
  static void forget_unseen(Partition& known, Offset from, const std::set<Offset>& seen);

  std::map<PartitionId, Partition> partitions_;
  std::map<std::pair<int32_t, uint64_t>, int64_t> first_made_;  // by producer, and how often the broker had started
  size_t acknowledged_ = 0;
  size_t read_ = 0;
  uint64_t power_cuts_ = 0;
  uint64_t starts_ = 0;
  bool is_cut_off_ = false;  // since a power cut, until the broker starts again
};

}  // namespace odradek::sim
