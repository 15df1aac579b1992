#include "storage/log_fixture.h"

namespace odradek::storage {

Bytes TestBatch::bytes() const {
  record::BatchOptions options;
  options.codec = codec;
  options.producer_id = ProducerId{producer};
  options.producer_epoch = producer < 0 ? no_producer_epoch : ProducerEpoch{epoch};
  options.base_sequence = sequence;
  options.is_transactional = transactional;
  record::BatchBuilder builder(options);
  const Bytes value(value_size, 'v');
  for (int32_t i = 0; i < count; ++i) {
    builder.append(
        {.timestamp = timestamp + i * timestamp_step, .key = as_bytes("key"), .value = ByteView(value), .headers = {}});
  }
  return builder.finish();
}

std::vector<ReadBatch> batches_in(ByteView bytes) {
  std::vector<ReadBatch> batches;
  record::BatchScanner scanner(bytes);
  for (;;) {
    const auto entry = scanner.next();
    EXPECT_TRUE(entry.has_value());
    if (!entry || !*entry) {
      return batches;
    }
    EXPECT_TRUE(record::check_batch((*entry)->bytes).has_value());
    const record::BatchHeader& header = (*entry)->header;
    batches.push_back({header.base_offset, header.last_offset, header.leader_epoch});
  }
}

void LogTest::create() {
  auto log =
      run(PartitionLog::create({.directory = test_log_directory, .partition = test_partition}, test_topic, options_));
  ASSERT_TRUE(log.has_value()) << log.error().message;
  log_ = *std::move(log);
}

void LogTest::close() {
  const auto closed = run(log_->close());
  ASSERT_TRUE(closed.has_value()) << closed.error().message;
}

void LogTest::reopen_clean() {
  reopen({.directory = test_log_directory,
          .partition = test_partition,
          .was_clean = true,
          .recovery_point = log_->end_offset(),
          .start_offset = log_->start_offset()});
}

void LogTest::reopen_unclean(Offset recovery_point) {
  reopen({.directory = test_log_directory,
          .partition = test_partition,
          .was_clean = false,
          .recovery_point = recovery_point,
          .has_recovery_point = recovery_point > Offset{0},
          .start_offset = log_->start_offset()});
}

void LogTest::reopen(LogPlace place) {
  log_.reset();
  auto log = run(PartitionLog::open(place, options_));
  ASSERT_TRUE(log.has_value()) << log.error().message;
  log_ = *std::move(log);
}

AppendResult LogTest::try_append(Bytes records, AppendOptions options) {
  return run(log_->append(Blob(std::move(records)), options));
}

AppendInfo LogTest::append(const TestBatch& batch, AppendOptions options) {
  const AppendResult result = try_append(batch.bytes(), options);
  EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().error.message);
  return result.value_or(AppendInfo{.first = Offset{-1}, .last = Offset{-1}, .log_start = Offset{-1}});
}

Errc LogTest::append_error(const TestBatch& batch, AppendOptions options) {
  const AppendResult result = try_append(batch.bytes(), options);
  EXPECT_FALSE(result.has_value());
  return result ? Errc::Unknown : result.error().error.code;
}

AppendInfo LogTest::end_transaction(int64_t producer, int16_t epoch, bool commit, int32_t coordinator_epoch) {
  Bytes marker = record::marker_batch({.commit = commit, .coordinator_epoch = coordinator_epoch}, ProducerId{producer},
                                      ProducerEpoch{epoch}, 1'800'000'000'000);
  const AppendResult result = try_append(std::move(marker), {.origin = AppendOrigin::Coordinator});
  EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().error.message);
  return result.value_or(AppendInfo{.first = Offset{-1}, .last = Offset{-1}, .log_start = Offset{-1}});
}

Result<ReadResult> LogTest::read(int64_t from, uint64_t max_bytes, int64_t upper, bool at_least_one) {
  return run(log_->read(Offset{from}, max_bytes, Offset{upper}, at_least_one));
}

Bytes LogTest::bytes_of(Blob blob) {
  auto bytes = run(runtime::read_blob(std::move(blob)));
  EXPECT_TRUE(bytes.has_value());
  return bytes.value_or(Bytes{});
}

std::vector<ReadBatch> LogTest::read_all(int64_t from) {
  std::vector<ReadBatch> all;
  for (;;) {
    const auto result = read(from);
    EXPECT_TRUE(result.has_value());
    if (!result || result->records.empty()) {
      return all;
    }
    const auto some = batches_in(bytes_of(result->records));
    EXPECT_FALSE(some.empty());
    if (some.empty()) {
      return all;
    }
    all.insert(all.end(), some.begin(), some.end());
    from = some.back().last.raw() + 1;
  }
}

Bytes LogTest::file(const std::string& name) {
  auto bytes = run(files().read_file(test_log_directory + "/" + name));
  EXPECT_TRUE(bytes.has_value()) << name;
  return bytes.value_or(Bytes{});
}

bool LogTest::has_file(const std::string& name) {
  return run(files().exists(test_log_directory + "/" + name)).value_or(false);
}

}  // namespace odradek::storage
