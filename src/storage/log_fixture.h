// The verbs of tests about logs: build batches, append them, read them back.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "record/batch_builder.h"
#include "record/batch_reader.h"
#include "record/control_record.h"
#include "runtime/sim/sim_test.h"
#include "storage/aborted_index.h"
#include "storage/partition_log.h"

namespace odradek::storage {

// A batch to be sent: fields first, then bytes().
struct TestBatch {
  int32_t count = 1;
  size_t value_size = 10;
  int64_t timestamp = 1'800'000'000'000;
  int64_t timestamp_step = 1;
  int64_t producer = -1;
  int16_t epoch = 0;
  int32_t sequence = -1;
  bool transactional = false;
  record::Codec codec = record::Codec::None;

  [[nodiscard]] Bytes bytes() const;
};

struct ReadBatch {
  Offset first;
  Offset last;
  LeaderEpoch epoch;
  friend bool operator==(const ReadBatch&, const ReadBatch&) = default;
};

// Whole batches in `bytes`, from the front.
[[nodiscard]] std::vector<ReadBatch> batches_in(ByteView bytes);

inline const std::string test_log_directory = "/data/t-0";
inline const TopicPartition test_partition{"t", PartitionIndex{0}};
inline const TopicId test_topic{Uuid{0x1234567812345678, 0x1234567812345678}};

class LogTest : public runtime::SimTest {
 protected:
  LogTest() { EXPECT_TRUE(run(files().create_directories("/data")).has_value()); }

  void create();
  void close();
  // Opens again: after a clean stop, or without the marker and with this recovery point.
  void reopen_clean();
  void reopen_unclean(Offset recovery_point = Offset{0});
  void reopen(LogPlace place);

  [[nodiscard]] PartitionLog& log() { return *log_; }
  AppendResult try_append(Bytes records, AppendOptions options = {});
  AppendInfo append(const TestBatch& batch, AppendOptions options = {});
  Errc append_error(const TestBatch& batch, AppendOptions options = {});
  AppendInfo end_transaction(int64_t producer, int16_t epoch, bool commit, int32_t coordinator_epoch = 0);
  Result<ReadResult> read(int64_t from, uint64_t max_bytes = 1 << 20, int64_t upper = INT64_MAX,
                          bool at_least_one = true);
  Bytes bytes_of(Blob blob);
  // All batches from `from` on, read segment by segment.
  std::vector<ReadBatch> read_all(int64_t from);
  Bytes file(const std::string& name);
  bool has_file(const std::string& name);

  LogOptions options_;

 private:
  std::unique_ptr<PartitionLog> log_;
};

}  // namespace odradek::storage
