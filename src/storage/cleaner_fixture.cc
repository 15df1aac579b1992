#include "storage/cleaner_fixture.h"

#include <fmt/format.h>

namespace odradek::storage {

namespace {

void describe(ByteView bytes, std::vector<std::string>& lines) {
  record::BatchScanner scanner(bytes);
  for (;;) {
    const auto entry = scanner.next();
    ASSERT_TRUE(entry.has_value());
    if (!*entry) {
      return;
    }
    const record::BatchHeader& header = (*entry)->header;
    EXPECT_TRUE(record::check_batch((*entry)->bytes).has_value());
    if (header.record_count == 0) {
      lines.push_back(fmt::format("{}-{}:empty", header.base_offset.raw(), header.last_offset.raw()));
    }
    record::RecordReader reader((*entry)->bytes);
    for (;;) {
      const auto record = reader.next_record();
      ASSERT_TRUE(record.has_value());
      if (!*record) {
        break;
      }
      if (header.is_control()) {
        const auto type = record::parse_control_type(**record);
        ASSERT_TRUE(type.has_value());
        lines.push_back(
            fmt::format("{}:{}", (*record)->offset.raw(), **type == record::ControlType::Commit ? "commit" : "abort"));
        continue;
      }
      std::string line = fmt::format("{}:{}", (*record)->offset.raw(), as_text((*record)->key.value_or(ByteView{})));
      if ((*record)->value) {
        line += "=" + std::string(as_text(*(*record)->value));
      }
      lines.push_back(line);
    }
  }
}

}  // namespace

Bytes key_batch(const std::vector<std::string>& records, const TestBatch& fields) {
  record::BatchOptions options;
  options.codec = fields.codec;
  options.producer_id = ProducerId{fields.producer};
  options.producer_epoch = fields.producer < 0 ? no_producer_epoch : ProducerEpoch{fields.epoch};
  options.base_sequence = fields.sequence;
  options.is_transactional = fields.transactional;
  record::BatchBuilder builder(options);
  int64_t timestamp = fields.timestamp;
  for (const std::string& record : records) {
    const size_t equals = record.find('=');
    const std::string key = record.substr(0, equals);
    std::optional<ByteView> value;
    if (equals != std::string::npos) {
      value = as_bytes(std::string_view(record).substr(equals + 1));
    }
    builder.append({.timestamp = timestamp, .key = as_bytes(key), .value = value, .headers = {}});
    timestamp += fields.timestamp_step;
  }
  return builder.finish();
}

CleanerTest::CleanerTest() {
  options_.compacts = true;
  options_.deletes = false;
  options_.min_cleanable_dirty_ratio = 0;
}

AppendInfo CleanerTest::put(const std::vector<std::string>& records, const TestBatch& fields) {
  const AppendResult result = try_append(key_batch(records, fields));
  EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().error.message);
  return result.value_or(AppendInfo{.first = Offset{-1}, .last = Offset{-1}, .log_start = Offset{-1}});
}

void CleanerTest::roll() { ASSERT_TRUE(run(log().roll()).has_value()); }

Result<CleaningReport> CleanerTest::try_clean(int64_t now_ms, CleanerOptions options) {
  log().high_watermark_moved(log().end_offset());
  TRY(const CleaningPlan plan, run(log().plan_cleaning(log().end_offset(), now_ms)));
  LogCleaner cleaner(log(), options, [] { return false; });
  return run(cleaner.clean(plan, now_ms));
}

CleaningReport CleanerTest::clean(int64_t now_ms, CleanerOptions options) {
  const auto report = try_clean(now_ms, options);
  EXPECT_TRUE(report.has_value()) << (report ? "" : report.error().message);
  return report.value_or(CleaningReport{});
}

std::vector<std::string> CleanerTest::left() {
  std::vector<std::string> lines;
  Offset from = log().start_offset();
  while (from < log().end_offset()) {
    const auto result = read(from.raw());
    EXPECT_TRUE(result.has_value());
    if (!result || result->records.empty()) {
      break;
    }
    const Bytes bytes = bytes_of(result->records);
    describe(bytes, lines);
    const auto batches = batches_in(bytes);
    if (batches.empty()) {
      break;
    }
    from = batches.back().last + 1;
  }
  return lines;
}

std::vector<uint64_t> CleanerTest::segment_sizes() {
  std::vector<uint64_t> sizes;
  const auto entries = run(files().list(test_log_directory));
  for (const auto& entry : entries.value_or(std::vector<runtime::DirectoryEntry>{})) {
    if (entry.name.ends_with(".log")) {
      sizes.push_back(entry.size);
    }
  }
  return sizes;
}

}  // namespace odradek::storage
