// The fixed front of a record batch (format v2) and of an entry of the older formats v0 and v1.
//
//  v2:  0 base offset i64 | 8 length i32 | 12 leader epoch i32 | 16 magic i8 | 17 crc u32 | 21 attributes i16
//      23 last offset delta i32 | 27 base timestamp i64 | 35 max timestamp i64 | 43 producer id i64
//      51 producer epoch i16 | 53 base sequence i32 | 57 record count i32 | 61 records
//  v0:  0 offset i64 | 8 size i32 | 12 crc u32 | 16 magic i8 | 17 attributes i8 | 18 key, value
//  v1:  as v0, with timestamp i64 at 18 and key and value from 26 on
//
// The length counts the bytes after itself. The CRC-32C of v2 covers everything after itself, so base offset and
// leader epoch may change without it; the CRC-32 of v0 and v1 covers everything from the magic on.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "model/ids.h"
#include "record/compression.h"

namespace odradek::record {

inline constexpr size_t log_overhead = 12;       // offset and length, in all formats
inline constexpr size_t batch_header_size = 61;  // of v2
inline constexpr size_t magic_end = 17;          // so many bytes tell an entry's size and format
inline constexpr size_t legacy_header_v0 = 18;   // up to the key's length
inline constexpr size_t legacy_header_v1 = 26;
inline constexpr size_t entry_size_min = log_overhead + 14;  // the smallest entry of any format

// Where the fields of v2 are.
inline constexpr size_t base_offset_at = 0;
inline constexpr size_t length_at = 8;
inline constexpr size_t leader_epoch_at = 12;
inline constexpr size_t magic_at = 16;
inline constexpr size_t crc_at = 17;
inline constexpr size_t attributes_at = 21;
inline constexpr size_t last_offset_delta_at = 23;
inline constexpr size_t base_timestamp_at = 27;
inline constexpr size_t max_timestamp_at = 35;
inline constexpr size_t producer_id_at = 43;
inline constexpr size_t producer_epoch_at = 51;
inline constexpr size_t base_sequence_at = 53;
inline constexpr size_t record_count_at = 57;

// Bits of the attributes.
inline constexpr int16_t log_append_time_bit = 0x08;  // v1 and v2
inline constexpr int16_t transactional_bit = 0x10;
inline constexpr int16_t control_bit = 0x20;
inline constexpr int16_t delete_horizon_bit = 0x40;

enum class TimestampType : uint8_t { None, CreateTime, LogAppendTime };  // None: format v0

// The sequence `count` after `sequence`; from 2147483647 on to 0.
[[nodiscard]] int32_t add_sequence(int32_t sequence, int32_t count);

// What the front of one entry says, in all formats. Fields a format lacks have the "none" values given here.
struct BatchHeader {
  int8_t magic = 2;
  uint32_t size = 0;   // bytes of the whole entry, offset and length included
  Offset base_offset;  // v0 and v1: equal to last_offset; of a compressed entry see legacy.h
  Offset last_offset;
  LeaderEpoch leader_epoch = no_leader_epoch;
  uint32_t crc = 0;
  int16_t attributes = 0;
  int32_t last_offset_delta = 0;
  int64_t base_timestamp = no_timestamp;  // of v1: the entry's; the delete horizon where that bit is set
  int64_t max_timestamp = no_timestamp;
  ProducerId producer_id = no_producer_id;
  ProducerEpoch producer_epoch = no_producer_epoch;
  int32_t base_sequence = no_sequence;
  int32_t record_count = -1;  // -1: not said (v0, v1)

  [[nodiscard]] int16_t codec_bits() const { return static_cast<int16_t>(attributes & codec_mask); }
  [[nodiscard]] bool is_compressed() const { return codec_bits() != 0; }
  [[nodiscard]] Result<Codec> codec() const { return codec_of(attributes); }
  [[nodiscard]] TimestampType timestamp_type() const {
    return magic == 0                                ? TimestampType::None
           : (attributes & log_append_time_bit) != 0 ? TimestampType::LogAppendTime
                                                     : TimestampType::CreateTime;
  }
  [[nodiscard]] bool is_transactional() const { return magic >= 2 && (attributes & transactional_bit) != 0; }
  [[nodiscard]] bool is_control() const { return magic >= 2 && (attributes & control_bit) != 0; }
  [[nodiscard]] bool has_delete_horizon() const { return magic >= 2 && (attributes & delete_horizon_bit) != 0; }
  [[nodiscard]] bool has_producer_id() const { return producer_id.raw() >= 0; }
  [[nodiscard]] Offset next_offset() const { return last_offset + 1; }
  [[nodiscard]] int32_t last_sequence() const {
    return base_sequence == no_sequence ? no_sequence : add_sequence(base_sequence, last_offset_delta);
  }
  friend bool operator==(const BatchHeader&, const BatchHeader&) = default;
};

// Size of the entry that begins with `front` (at least magic_end bytes of it), all in bytes.
// Errc::CorruptMessage: a length below the smallest entry, or an unknown magic.
[[nodiscard]] Result<uint32_t> parse_entry_size(ByteView front);

// Reads the header from the entry's front; `front` needs the header's bytes only (batch_header_size of them are
// enough for every format), not the whole entry. Errc::CorruptMessage as parse_entry_size, and if `front` or the
// entry itself is shorter than its header.
[[nodiscard]] Result<BatchHeader> parse_batch_header(ByteView front);

// Checks size and checksum of a whole entry of any format. Errc::CorruptMessage.
[[nodiscard]] Result<> check_batch(ByteView entry);

// Writes offset and leader epoch into a v2 batch (or its first 16 bytes), which the checksum does not cover.
void place(MutableByteView batch, Offset base_offset, LeaderEpoch leader_epoch);

// Sets the maximum timestamp and its type in a v2 header and, if that changes anything, the checksum. `header` is
// batch_header_size bytes, `records` the rest of the batch, wherever it lies.
void set_max_timestamp(MutableByteView header, ByteView records, TimestampType type, int64_t max_timestamp);

// The checksum that belongs into a v2 header.
[[nodiscard]] uint32_t batch_crc(ByteView header, ByteView records);

// Writes a whole v2 header (magic 2, length for `records`, checksum) to batch_header_size bytes. Taken from
// `fields`: base offset, leader epoch, attributes, last offset delta, timestamps, producer, sequence, count.
void write_batch_header(const BatchHeader& fields, ByteView records, MutableByteView out);

}  // namespace odradek::record
