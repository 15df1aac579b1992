#include "record/batch_header.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/big_endian.h"
#include "base/crc32c.h"

namespace odradek::record {
namespace {

constexpr size_t legacy_crc_at = 12;
constexpr size_t legacy_attributes_at = 17;
constexpr size_t legacy_timestamp_at = 18;

constexpr size_t header_size(int8_t magic) {
  return magic >= 2 ? batch_header_size : magic == 1 ? legacy_header_v1 : legacy_header_v0;
}

BatchHeader parse_v2(const uint8_t* from, uint32_t size) {
  BatchHeader header;
  header.magic = 2;
  header.size = size;
  header.base_offset = Offset{load_big_endian<int64_t>(from + base_offset_at)};
  header.leader_epoch = LeaderEpoch{load_big_endian<int32_t>(from + leader_epoch_at)};
  header.crc = load_big_endian<uint32_t>(from + crc_at);
  header.attributes = load_big_endian<int16_t>(from + attributes_at);
  header.last_offset_delta = load_big_endian<int32_t>(from + last_offset_delta_at);
  // Unsigned, because a hostile base offset may be anything.
  header.last_offset = Offset{static_cast<int64_t>(static_cast<uint64_t>(header.base_offset.raw()) +
                                                   static_cast<uint64_t>(int64_t{header.last_offset_delta}))};
  header.base_timestamp = load_big_endian<int64_t>(from + base_timestamp_at);
  header.max_timestamp = load_big_endian<int64_t>(from + max_timestamp_at);
  header.producer_id = ProducerId{load_big_endian<int64_t>(from + producer_id_at)};
  header.producer_epoch = ProducerEpoch{load_big_endian<int16_t>(from + producer_epoch_at)};
  header.base_sequence = load_big_endian<int32_t>(from + base_sequence_at);
  header.record_count = load_big_endian<int32_t>(from + record_count_at);
  return header;
}

BatchHeader parse_legacy(const uint8_t* from, uint32_t size, int8_t magic) {
  BatchHeader header;
  header.magic = magic;
  header.size = size;
  header.base_offset = Offset{load_big_endian<int64_t>(from)};
  header.last_offset = header.base_offset;
  header.crc = load_big_endian<uint32_t>(from + legacy_crc_at);
  header.attributes = from[legacy_attributes_at];
  if (magic == 1) {
    header.base_timestamp = load_big_endian<int64_t>(from + legacy_timestamp_at);
    header.max_timestamp = header.base_timestamp;
  }
  return header;
}

}  // namespace

int32_t add_sequence(int32_t sequence, int32_t count) {
  const uint32_t sum = static_cast<uint32_t>(sequence) + static_cast<uint32_t>(count);
  return static_cast<int32_t>(sum & 0x7FFF'FFFFU);
}

Result<uint32_t> parse_entry_size(ByteView front) {
  if (front.size() < magic_end) {
    return fail(Errc::CorruptMessage, "an entry ends before its format is told");
  }
  const auto length = load_big_endian<int32_t>(front.data() + length_at);
  if (length < static_cast<int32_t>(entry_size_min - log_overhead)) {
    return fail(Errc::CorruptMessage, fmt::format("record size {} is less than the smallest, 14", length));
  }
  const auto magic = static_cast<int8_t>(front[magic_at]);
  if (magic < 0 || magic > 2) {
    return fail(Errc::CorruptMessage, fmt::format("unknown magic {}", magic));
  }
  return static_cast<uint32_t>(length) + static_cast<uint32_t>(log_overhead);
}

Result<BatchHeader> parse_batch_header(ByteView front) {
  TRY(const uint32_t size, parse_entry_size(front));
  const auto magic = static_cast<int8_t>(front[magic_at]);
  if (std::min<size_t>(size, front.size()) < header_size(magic)) {
    return fail(Errc::CorruptMessage, fmt::format("a batch of {} bytes ends inside its header", size));
  }
  return magic == 2 ? parse_v2(front.data(), size) : parse_legacy(front.data(), size, magic);
}

Result<> check_batch(ByteView entry) {
  TRY(const BatchHeader header, parse_batch_header(entry));
  if (header.size != entry.size()) {
    return fail(Errc::CorruptMessage, fmt::format("a batch of {} bytes says it has {}", entry.size(), header.size));
  }
  const uint32_t computed = header.magic == 2 ? crc32c(entry.subspan(attributes_at)) : crc32(entry.subspan(magic_at));
  if (computed != header.crc) {
    return fail(Errc::CorruptMessage,
                fmt::format("record is corrupt (stored crc = {}, computed crc = {})", header.crc, computed));
  }
  return {};
}

void place(MutableByteView batch, Offset base_offset, LeaderEpoch leader_epoch) {
  ensure(batch.size() >= leader_epoch_at + sizeof(int32_t), "a batch has a header");
  store_big_endian(batch.data() + base_offset_at, base_offset.raw());
  store_big_endian(batch.data() + leader_epoch_at, leader_epoch.raw());
}

uint32_t batch_crc(ByteView header, ByteView records) {
  return crc32c(records, crc32c(header.subspan(attributes_at, batch_header_size - attributes_at)));
}

void set_max_timestamp(MutableByteView header, ByteView records, TimestampType type, int64_t max_timestamp) {
  ensure(header.size() >= batch_header_size, "a batch has a header");
  const auto attributes = load_big_endian<int16_t>(header.data() + attributes_at);
  const auto wanted = static_cast<int16_t>(type == TimestampType::LogAppendTime ? attributes | log_append_time_bit
                                                                                : attributes & ~log_append_time_bit);
  if (attributes == wanted && load_big_endian<int64_t>(header.data() + max_timestamp_at) == max_timestamp) {
    return;
  }
  store_big_endian(header.data() + attributes_at, wanted);
  store_big_endian(header.data() + max_timestamp_at, max_timestamp);
  store_big_endian(header.data() + crc_at, batch_crc(header, records));
}

void write_batch_header(const BatchHeader& fields, ByteView records, MutableByteView out) {
  ensure(out.size() >= batch_header_size, "a batch header needs its room");
  uint8_t* to = out.data();
  store_big_endian(to + base_offset_at, fields.base_offset.raw());
  store_big_endian(to + length_at, static_cast<int32_t>(batch_header_size - log_overhead + records.size()));
  store_big_endian(to + leader_epoch_at, fields.leader_epoch.raw());
  to[magic_at] = 2;
  store_big_endian(to + attributes_at, fields.attributes);
  store_big_endian(to + last_offset_delta_at, fields.last_offset_delta);
  store_big_endian(to + base_timestamp_at, fields.base_timestamp);
  store_big_endian(to + max_timestamp_at, fields.max_timestamp);
  store_big_endian(to + producer_id_at, fields.producer_id.raw());
  store_big_endian(to + producer_epoch_at, fields.producer_epoch.raw());
  store_big_endian(to + base_sequence_at, fields.base_sequence);
  store_big_endian(to + record_count_at, fields.record_count);
  store_big_endian(to + crc_at, batch_crc(out, records));
}

}  // namespace odradek::record
