// Stretches of batches of all formats and codecs, as readers take them: flags (int8), then the bytes.
#include "fuzz/harness.h"
#include "record/batch_builder.h"
#include "record/describe.h"
#include "record/legacy.h"

namespace odradek::fuzz {

namespace {

constexpr size_t plain_size_max = size_t{1} << 20;

record::BatchOptions options_of(const record::BatchHeader& header) {
  return {
      .base_offset = header.base_offset,
      .leader_epoch = header.leader_epoch,
      .codec = header.codec().value(),
      .timestamp_type = header.timestamp_type(),
      .log_append_time = header.max_timestamp,
      .producer_id = header.producer_id,
      .producer_epoch = header.producer_epoch,
      .base_sequence = header.base_sequence,
      .is_transactional = header.is_transactional(),
      .is_control = header.is_control(),
      .delete_horizon = header.has_delete_horizon() ? std::optional(header.base_timestamp) : std::nullopt,
  };
}

// Whether a builder may be given these records: in order, within the reach of an offset delta.
bool can_be_built(const record::BatchDescription& batch) {
  Offset next = batch.header.base_offset;
  if (batch.header.magic != 2 || batch.header.base_offset.raw() < 0 ||
      batch.header.last_offset < batch.header.base_offset) {
    return false;
  }
  for (const record::RecordDescription& record : batch.records) {
    if (record.offset < next || record.offset > batch.header.last_offset) {
      return false;
    }
    next = record.offset + 1;
  }
  return true;
}

void check_rebuilt(const record::BatchDescription& batch) {
  record::BatchBuilder builder(options_of(batch.header));
  for (const record::RecordDescription& record : batch.records) {
    std::vector<record::RecordHeader> headers;
    for (const auto& [key, value] : record.headers) {
      headers.push_back({key, value ? std::optional<ByteView>(*value) : std::nullopt});
    }
    const auto view = [](const std::optional<Bytes>& bytes) {
      return bytes ? std::optional<ByteView>(*bytes) : std::nullopt;
    };
    builder.append_at(
        record.offset,
        record::RecordFields{
            .timestamp = record.timestamp, .key = view(record.key), .value = view(record.value), .headers = headers});
  }
  const Bytes built = builder.finish(batch.header.last_offset);
  const record::Description read = record::describe_batches(built);
  ensure(!read.failure, read.failure ? read.failure->error.message : "");
  ensure(read.batches.size() == 1, "a batch that was built again is not one batch");
  const record::BatchDescription& again = read.batches.front();
  ensure(again.records.size() == batch.records.size(), "a batch that was built again has other records");
  for (size_t i = 0; i < batch.records.size(); ++i) {
    const auto& a = batch.records[i];
    const auto& b = again.records[i];
    ensure(a.offset == b.offset && a.timestamp == b.timestamp && a.key == b.key && a.value == b.value &&
               a.headers == b.headers,
           "a record changes when its batch is built again");
  }
}

void convert(ByteView bytes) {
  record::BatchScanner scanner(bytes);
  for (auto entry = scanner.next(); entry && *entry; entry = scanner.next()) {
    (void)record::check_batch((*entry)->bytes);
    (void)record::first_offset(**entry);
    for (const int8_t magic : {int8_t{0}, int8_t{1}}) {
      Bytes out;
      record::DownConversion conversion(**entry, magic, Offset{0}, out, plain_size_max);
      auto is_done = conversion.step();
      while (is_done && !*is_done) {
        is_done = conversion.step();
      }
      if (is_done) {
        (void)record::describe_batches(out, plain_size_max);
      }
    }
  }
}

}  // namespace

void test_one_input(ByteView input) {
  Input parts(input);
  const auto flags = parts.integer<uint8_t>();
  Bytes bytes(parts.rest().begin(), parts.rest().end());
  if ((flags & 1) != 0) {
    mend_batches(bytes);
  }
  const record::Description read = record::describe_batches(bytes, plain_size_max);
  for (const record::BatchDescription& batch : read.batches) {
    if (!read.failure && can_be_built(batch)) {
      check_rebuilt(batch);
    }
  }
  convert(bytes);
}

}  // namespace odradek::fuzz
