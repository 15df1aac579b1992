// Producer snapshots: flags (int8: 1 sets the checksum right), then the file.
#include "base/crc32c.h"
#include "fuzz/harness.h"
#include "storage/producer_snapshot.h"

namespace odradek::fuzz {

namespace {

constexpr size_t checksum_at = 2;
constexpr size_t checksum_end = 6;

storage::ProducerTable table_of(std::vector<storage::ProducerState> states) {
  storage::ProducerTable table;
  for (storage::ProducerState& state : states) {
    table.put(std::move(state));
  }
  return table;
}

}  // namespace

void test_one_input(ByteView input) {
  Input parts(input);
  const auto flags = parts.integer<uint8_t>();
  Bytes bytes(parts.rest().begin(), parts.rest().end());
  if ((flags & 1) != 0 && bytes.size() >= checksum_end) {
    store_big_endian(bytes.data() + checksum_at, crc32c(ByteView(bytes).subspan(checksum_end)));
  }
  const MemoryMeter meter;
  auto states = storage::decode_producer_snapshot(bytes);
  ensure(meter.peak() <= 4096 + 32 * bytes.size(), "a producer snapshot takes too much memory");
  if (!states) {
    return;
  }
  storage::ProducerTable table = table_of(*std::move(states));
  auto again = storage::decode_producer_snapshot(storage::encode_producer_snapshot(table));
  ensure(again.has_value(), "a producer snapshot that was written cannot be read");
  const storage::ProducerTable read = table_of(*std::move(again));
  ensure(read.producers() == table.producers() && read.first_unstable() == table.first_unstable(),
         "a producer snapshot changes when it is written again");

  // What it says is used, whatever it says.
  for (const auto& [id, state] : read.producers()) {
    for (const int32_t sequence : {0, state.last_sequence(), storage::ProducerBatch{}.last_sequence}) {
      (void)table.check(storage::ProducerWrite{.id = id,
                                               .epoch = state.epoch,
                                               .base_sequence = sequence,
                                               .last_sequence = sequence,
                                               .offset_delta = 0,
                                               .timestamp = 1,
                                               .transactional = (flags & 2) != 0});
    }
    const auto completed = table.apply(
        storage::TransactionMarker{
            .id = id, .epoch = state.epoch, .coordinator_epoch = 1, .timestamp = 2, .commits = false},
        Offset{1'000'000});
    if (completed) {
      (void)table.stable_after(*completed);
    }
  }
  table.forget_completed_below(Offset{2'000'000});
  table.limit(1);
  table.expire(INT64_MAX, 1);
}

}  // namespace odradek::fuzz
