// What Kafka wrote: read to the last field, and written again to the same bytes.
#include <gtest/gtest.h>

#include "record/batch_builder.h"
#include "record/describe.h"
#include "record/legacy.h"
#include "record/vectors_fixture.h"

namespace odradek::record {
namespace {

namespace json = boost::json;

BatchOptions options_of(const BatchHeader& header) {
  BatchOptions options;
  options.base_offset = header.base_offset;
  options.leader_epoch = header.leader_epoch;
  options.codec = header.codec().value();
  options.timestamp_type = header.timestamp_type();
  options.log_append_time = header.max_timestamp;
  options.producer_id = header.producer_id;
  options.producer_epoch = header.producer_epoch;
  options.base_sequence = header.base_sequence;
  options.is_transactional = header.is_transactional();
  options.is_control = header.is_control();
  if (header.has_delete_horizon()) {
    options.delete_horizon = header.base_timestamp;
  }
  return options;
}

// The batch's records through a builder of ours.
Bytes rebuild(ByteView entry, const BatchHeader& header, const BatchOptions& options) {
  // Log append time hides the producer's own timestamps, which are still stored: read as if it were not set.
  Bytes plain(entry.begin(), entry.end());
  plain[attributes_at + 1] = static_cast<uint8_t>(plain[attributes_at + 1] & ~log_append_time_bit);
  BatchBuilder builder(options);
  RecordReader reader(plain);
  while (const auto record = reader.next_record().value()) {
    builder.append_at(record->offset, *record);
  }
  return builder.finish(header.last_offset);
}

// Batches without records keep timestamps that no record gives.
bool is_empty(const BatchHeader& header) { return header.record_count == 0; }

TEST(BatchVectors, ReadAsKafkaReadsThem) {
  for (Vector& vector : load_vectors("batches")) {
    SCOPED_TRACE(vector.name);
    const Description description = describe_batches(vector.bytes);
    ASSERT_FALSE(description.failure) << description.failure->error.message;
    drop_messages(vector.json);
    EXPECT_EQ(to_json(description), vector.json) << json::serialize(to_json(description)) << "\n"
                                                 << json::serialize(vector.json);
  }
}

TEST(BatchVectors, V2IsWrittenToTheSameBytes) {
  for (const Vector& vector : load_vectors("batches")) {
    SCOPED_TRACE(vector.name);
    BatchScanner scanner(vector.bytes);
    while (const auto entry = scanner.next().value()) {
      if (entry->header.magic != 2 || is_empty(entry->header)) {
        continue;
      }
      const Bytes rebuilt = rebuild(entry->bytes, entry->header, options_of(entry->header));
      if (vector.is_exact) {
        EXPECT_TRUE(equal(rebuilt, entry->bytes));
      }
      const Description before = describe_batches(entry->bytes);
      const Description after = describe_batches(rebuilt);
      ASSERT_FALSE(after.failure) << after.failure->error.message;
      EXPECT_EQ(to_json(after).at("batches").at(0).at("records"), to_json(before).at("batches").at(0).at("records"));
      EXPECT_EQ(after.batches[0].records_bytes, before.batches[0].records_bytes);
      EXPECT_EQ(after.batches[0].records_size, before.batches[0].records_size);
    }
  }
}

TEST(BatchVectors, PlainLegacyEntriesAreWrittenToTheSameBytes) {
  for (const Vector& vector : load_vectors("batches")) {
    SCOPED_TRACE(vector.name);
    BatchScanner scanner(vector.bytes);
    while (const auto entry = scanner.next().value()) {
      if (entry->header.magic == 2 || entry->header.is_compressed()) {
        continue;
      }
      const LegacyFields fields = parse_legacy_fields(entry->bytes).value();
      Bytes rebuilt;
      append_legacy_entry(rebuilt, entry->header.magic, entry->header.base_offset, entry->header.base_timestamp,
                          entry->header.attributes, fields.key, fields.value);
      EXPECT_TRUE(equal(rebuilt, entry->bytes));
    }
  }
}

TEST(BatchVectors, BrokenBatchesFailWhereTheyDoInKafka) {
  for (const Vector& vector : load_vectors("broken")) {
    SCOPED_TRACE(vector.name);
    const Description description = describe_batches(vector.bytes);
    if (vector.json.at("error").is_null()) {
      EXPECT_FALSE(description.failure) << description.failure->error.message;
      EXPECT_EQ(description.batches.size(), vector.json.at("batches").to_number<size_t>());
      continue;
    }
    ASSERT_TRUE(description.failure);
    const std::string where = json::value_to<std::string>(vector.json.at("where"));
    EXPECT_EQ(description.failure->stage == DescribeStage::Batches       ? "batches"
              : description.failure->stage == DescribeStage::EnsureValid ? "ensureValid"
                                                                         : "records",
              where);
  }
}

}  // namespace
}  // namespace odradek::record
