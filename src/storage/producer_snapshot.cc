#include "storage/producer_snapshot.h"

#include <algorithm>
#include <unordered_set>

#include "base/big_endian.h"
#include "base/crc32c.h"

namespace odradek::storage {

namespace {

constexpr int16_t version = 1;
constexpr size_t crc_at = 2;
constexpr size_t count_at = 6;
constexpr size_t entry_size = 46;

void encode(const ProducerState& state, uint8_t* to) {
  const bool has_batch = !state.batches.empty();
  store_big_endian<int64_t>(to, state.id.raw());
  store_big_endian<int16_t>(to + 8, state.epoch.raw());
  store_big_endian<int32_t>(to + 10, state.last_sequence());
  store_big_endian<int64_t>(to + 14, state.last_offset().raw());
  store_big_endian<int32_t>(to + 22, has_batch ? state.batches.back().offset_delta : 0);
  store_big_endian<int64_t>(to + 26, state.last_timestamp);
  store_big_endian<int32_t>(to + 34, state.coordinator_epoch);
  store_big_endian<int64_t>(to + 38, state.transaction_first.value_or(Offset{-1}).raw());
}

ProducerState decode(const uint8_t* from) {
  ProducerState state;
  state.id = ProducerId{load_big_endian<int64_t>(from)};
  state.epoch = ProducerEpoch{load_big_endian<int16_t>(from + 8)};
  state.last_timestamp = load_big_endian<int64_t>(from + 26);
  state.coordinator_epoch = load_big_endian<int32_t>(from + 34);
  const Offset last_offset{load_big_endian<int64_t>(from + 14)};
  if (last_offset.raw() >= 0) {
    state.batches.push_back({.last_sequence = load_big_endian<int32_t>(from + 10),
                             .last_offset = last_offset,
                             .offset_delta = load_big_endian<int32_t>(from + 22),
                             .timestamp = state.last_timestamp});
  }
  const Offset transaction_first{load_big_endian<int64_t>(from + 38)};
  if (transaction_first.raw() >= 0) {
    state.transaction_first = transaction_first;
  }
  return state;
}

// Whether a producer's batch can have been in a log: sequences and offsets are reckoned with from here on.
bool is_possible(const ProducerState& state) {
  return state.id.raw() >= 0 && std::ranges::all_of(state.batches, [](const ProducerBatch& batch) {
           return batch.last_sequence >= no_sequence && batch.offset_delta >= 0 &&
                  batch.offset_delta <= batch.last_offset.raw();
         });
}

// No producer is there twice, and no two of them began a transaction at the same offset.
bool are_apart(const std::vector<ProducerState>& states) {
  std::unordered_set<ProducerId> ids;
  std::unordered_set<Offset> transactions;
  return std::ranges::all_of(states, [&](const ProducerState& state) {
    return ids.insert(state.id).second &&
           (!state.transaction_first || transactions.insert(*state.transaction_first).second);
  });
}

}  // namespace

Bytes encode_producer_snapshot(const ProducerTable& table) {
  std::vector<const ProducerState*> states;
  states.reserve(table.size());
  for (const auto& [id, state] : table.producers()) {
    states.push_back(&state);
  }
  std::ranges::sort(states, {}, [](const ProducerState* state) { return state->id; });

  Bytes bytes(empty_snapshot_size + states.size() * entry_size);
  store_big_endian<int16_t>(bytes.data(), version);
  store_big_endian<int32_t>(bytes.data() + count_at, static_cast<int32_t>(states.size()));
  uint8_t* to = bytes.data() + empty_snapshot_size;
  for (const ProducerState* state : states) {
    encode(*state, to);
    to += entry_size;
  }
  store_big_endian<uint32_t>(bytes.data() + crc_at, crc32c(ByteView(bytes).subspan(count_at)));
  return bytes;
}

Result<std::vector<ProducerState>> decode_producer_snapshot(ByteView bytes) {
  if (bytes.size() < empty_snapshot_size || load_big_endian<int16_t>(bytes.data()) != version) {
    return fail(Errc::CorruptMessage, "producer snapshot that is too short or of an unknown version");
  }
  if (load_big_endian<uint32_t>(bytes.data() + crc_at) != crc32c(bytes.subspan(count_at))) {
    return fail(Errc::CorruptMessage, "producer snapshot whose checksum does not match");
  }
  const auto count = load_big_endian<int32_t>(bytes.data() + count_at);
  if (count < 0 || bytes.size() != empty_snapshot_size + static_cast<size_t>(count) * entry_size) {
    return fail(Errc::CorruptMessage, "producer snapshot whose count does not match its size");
  }
  std::vector<ProducerState> states;
  states.reserve(static_cast<size_t>(count));
  for (size_t at = empty_snapshot_size; at < bytes.size(); at += entry_size) {
    states.push_back(decode(bytes.data() + at));
    if (!is_possible(states.back())) {
      return fail(Errc::CorruptMessage, "producer snapshot with a batch that cannot be");
    }
  }
  if (!are_apart(states)) {
    return fail(Errc::CorruptMessage, "producer snapshot that names a producer or a transaction twice");
  }
  return states;
}

}  // namespace odradek::storage
