// `<offset>.snapshot`: what a ProducerTable knew when the log ended at that offset.
//
//  int16 version 1 | uint32 CRC-32C of all that follows | int32 count | count times 46 bytes:
//  producer id i64 | epoch i16 | last sequence i32 | last offset i64 | offset delta i32 | last timestamp i64
//  coordinator epoch i32 | first offset of the open transaction i64 (-1: none)
//
// Of each producer only the last batch is kept (-1, -1, 0 where it wrote only markers).
#pragma once

#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "storage/producer_table.h"

namespace odradek::storage {

inline constexpr size_t empty_snapshot_size = 10;

[[nodiscard]] Bytes encode_producer_snapshot(const ProducerTable& table);
// CorruptMessage: version, checksum or size are wrong, a batch of a producer cannot have been in a log, or
// something is there twice.
[[nodiscard]] Result<std::vector<ProducerState>> decode_producer_snapshot(ByteView bytes);

}  // namespace odradek::storage
