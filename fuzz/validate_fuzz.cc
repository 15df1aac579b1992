// What producers send: flags (int8), Produce version (int8), limit (int16), topic's rules (int8), then the batches.
#include <limits>

#include "fuzz/harness.h"
#include "record/batch_validator.h"
#include "record/describe.h"

namespace odradek::fuzz {

namespace {

record::ProduceRules rules_of(uint8_t bits, uint16_t limit) {
  record::ProduceRules rules;
  if (bits % 8 < 5) {
    rules.codec = static_cast<record::Codec>(bits % 8);
  }
  rules.keys_required = (bits & 8) != 0;
  rules.timestamp_type = (bits & 16) != 0 ? record::TimestampType::LogAppendTime : record::TimestampType::CreateTime;
  if ((bits & 32) == 0) {
    rules.timestamp_after_max_ms = std::numeric_limits<int64_t>::max();
  }
  rules.batch_size_max = 64U + limit;
  return rules;
}

}  // namespace

void test_one_input(ByteView input) {
  Input parts(input);
  const auto flags = parts.integer<uint8_t>();
  const auto version = static_cast<int16_t>(parts.integer<uint8_t>() % 14);
  const auto limit = parts.integer<uint16_t>();
  const record::ProduceRules rules = rules_of(parts.integer<uint8_t>(), limit);
  Bytes bytes(parts.rest().begin(), parts.rest().end());
  if ((flags & 1) != 0) {
    mend_batches(bytes);
  }
  const size_t size = bytes.size();
  const MemoryMeter meter;
  record::BatchValidator validator(
      Blob(std::move(bytes)), rules,
      {.now_ms = 1'760'000'000'000, .produce_version = version, .leader_epoch = LeaderEpoch{3}});
  while (!validator.step(size_t{1} << (4 + flags % 16))) {
  }
  // A codec's window, and at most a hundred times the largest batch allowed for one record.
  ensure(meter.peak() <= (size_t{140} << 20) + 200 * size_t{rules.batch_size_max} + 64 * size,
         "validation takes too much memory");
  if (validator.error()) {
    return;
  }
  record::ValidatedBatch batch = validator.take();
  batch.place_at(Offset{1'000'000}, LeaderEpoch{7});
  const Bytes stored = batch.bytes().flatten();
  ensure(record::check_batch(stored).has_value(), "a batch that was accepted has a wrong checksum");
  const record::Description read = record::describe_batches(stored);
  ensure(!read.failure && read.bytes_left == 0 && read.batches.size() == 1, "a batch that was accepted cannot be read");
  Offset next{1'000'000};
  for (const record::RecordDescription& record : read.batches.front().records) {
    ensure(record.offset == next, "a batch that was accepted has a gap in its offsets");
    next = next + 1;
  }
}

}  // namespace odradek::fuzz
