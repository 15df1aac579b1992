// Two data directories of Apache Kafka 4.3.1, one stopped and one killed with a transaction open: each partition
// serves, record for record, what Kafka's clients read from Kafka.
//
// testdata/listing.tsv.gz has a line per partition: directory, earliest and latest offset, the offsets for timestamp
// 1760000001000 and for the largest, and the records: offset, timestamp, CRC-32 of key, value and headers, and '-'
// where readers of committed records do not see it.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include <fmt/format.h>

#include "base/big_endian.h"
#include "base/crc32c.h"
#include "record/batch_reader.h"
#include "runtime/sim/sim_runtime.h"
#include "storage/aborted_index.h"
#include "storage/kafka_directory_fixture.h"
#include "storage/offset_checkpoint.h"
#include "storage/partition_log.h"

namespace odradek::storage {
namespace {

std::vector<std::string> columns_of(const std::string& line) {
  std::vector<std::string> columns;
  std::istringstream in(line);
  for (std::string column; std::getline(in, column, '\t');) {
    columns.push_back(column);
  }
  columns.resize(6);
  return columns;
}

void append_field(Bytes& to, const std::optional<ByteView>& field) {
  uint8_t size[4];
  store_big_endian(size, field ? static_cast<int32_t>(field->size()) : -1);
  to.insert(to.end(), size, size + 4);
  if (field) {
    to.insert(to.end(), field->begin(), field->end());
  }
}

uint32_t digest(const record::RecordView& record) {
  Bytes bytes;
  append_field(bytes, record.key);
  append_field(bytes, record.value);
  record::RecordHeaders headers = record.headers;
  while (const auto header = headers.next()) {
    append_field(bytes, as_bytes(header->key));
    append_field(bytes, header->value);
  }
  return crc32(bytes);
}

// What readers of committed records may not see.
struct Hidden {
  std::vector<AbortedTransaction> aborted;
  Offset stable{INT64_MAX};

  [[nodiscard]] bool hides(const record::BatchHeader& batch) const {
    return batch.base_offset >= stable || std::ranges::any_of(aborted, [&](const AbortedTransaction& transaction) {
             return batch.is_transactional() && transaction.producer == batch.producer_id &&
                    transaction.first <= batch.base_offset && batch.base_offset < transaction.last;
           });
  }
};

Result<> list_batch(const record::BatchEntry& entry, Offset from, const Hidden& hidden, std::string& text) {
  if (entry.header.is_control()) {
    return {};
  }
  record::RecordReader reader(entry.bytes);
  for (;;) {
    TRY(const auto record, reader.next_record());
    if (!record) {
      return {};
    }
    if (record->offset >= from) {
      text += fmt::format("{}{}:{}:{:x}{}", text.empty() ? "" : " ", record->offset, record->timestamp, digest(*record),
                          hidden.hides(entry.header) ? "-" : "");
    }
  }
}

runtime::Async<std::string> listed(PartitionLog* log) {
  log->high_watermark_moved(log->end_offset());
  Hidden hidden;
  CO_TRY(hidden.aborted, co_await log->aborted_transactions(log->start_offset(), log->end_offset()));
  hidden.stable = log->first_unstable_offset().value_or(hidden.stable);
  std::string text;
  for (Offset from = log->start_offset(); from < log->end_offset();) {
    const Offset asked = from;
    CO_TRY(const ReadResult read, co_await log->read(from, 1 << 20, log->end_offset(), true));
    CO_TRY(const Bytes bytes, co_await runtime::read_blob(read.records));
    record::BatchScanner scanner(bytes);
    for (;;) {
      CO_TRY(const auto entry, scanner.next());
      if (!entry) {
        break;
      }
      CO_TRY(list_batch(*entry, log->start_offset(), hidden, text));
      from = entry->header.next_offset();
    }
    if (from == asked) {
      co_return fail(Errc::CorruptMessage, "records are not served to the end");
    }
  }
  co_return text;
}

struct Served {
  Offset start;
  Offset end;
  Offset for_timestamp{-1};
  Offset for_largest{-1};
  std::string records;
};

runtime::Async<Served> serve(std::map<std::string, Bytes> files, LogPlace place) {
  runtime::FileSystem& disk = runtime::Shard::current().files();
  CO_TRY(co_await disk.create_directories(place.directory));
  for (auto& [name, bytes] : files) {
    CO_TRY(co_await disk.replace_file(place.directory + "/" + name, std::move(bytes)));
  }
  LogOptions options;
  options.producer_expiration = std::chrono::hours(1'000'000);
  CO_TRY(const auto log, co_await PartitionLog::open(place, options));
  Served served{.start = log->start_offset(), .end = log->end_offset(), .records = {}};
  CO_TRY(const auto by_time, co_await log->offset_for_timestamp(1'760'000'001'000));
  served.for_timestamp = by_time ? by_time->offset : Offset{-1};
  CO_TRY(const auto largest, co_await log->offset_of_max_timestamp());
  served.for_largest = largest ? largest->offset : Offset{-1};
  CO_TRY(served.records, co_await listed(log.get()));
  CO_TRY(co_await log->close());
  co_return served;
}

OffsetCheckpoint checkpoint(const KafkaDirectories& directories, const std::string& root, const std::string& name) {
  const auto files = directories.files_of(root);
  const auto offsets = parse_offset_checkpoint(as_text(files.at(name)));
  EXPECT_TRUE(offsets.has_value());
  return offsets.value_or(OffsetCheckpoint{});
}

TEST(KafkaListing, IsServedRecordForRecord) {
  const KafkaDirectories directories;
  size_t count = 0;
  for (const std::string& line : KafkaDirectories::lines_of("listing.tsv.gz")) {
    const auto columns = columns_of(line);
    const std::string& directory = columns[0];
    const std::string root = directory.substr(0, directory.find('/'));
    const size_t dash = directory.rfind('-');
    const TopicPartition partition{directory.substr(root.size() + 1, dash - root.size() - 1),
                                   PartitionIndex{std::stoi(directory.substr(dash + 1))}};
    const LogPlace place{.directory = "/data/p-0",
                         .partition = partition,
                         .was_clean = root == "stopped",
                         .recovery_point = checkpoint(directories, root, "recovery-point-offset-checkpoint")[partition],
                         .start_offset = checkpoint(directories, root, "log-start-offset-checkpoint")[partition]};
    runtime::SimRuntime sim;
    const auto served = sim.run(serve(directories.files_of(directory), place));
    ASSERT_TRUE(served.has_value()) << directory << ": " << served.error().message;
    EXPECT_EQ(served->start, Offset{std::stol(columns[1])}) << directory;
    EXPECT_EQ(served->end, Offset{std::stol(columns[2])}) << directory;
    EXPECT_EQ(served->for_timestamp, Offset{std::stol(columns[3])}) << directory;
    EXPECT_EQ(served->for_largest, Offset{std::stol(columns[4])}) << directory;
    EXPECT_EQ(served->records, columns[5]) << directory;
    ++count;
  }
  EXPECT_EQ(count, 32U);
}

}  // namespace
}  // namespace odradek::storage
