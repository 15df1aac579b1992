// The contents of a log directory's files as values: for tools that look into files without opening a log.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "model/ids.h"
#include "storage/aborted_index.h"

namespace odradek::storage {

// `.txnindex`: its whole entries, in the file's order. CorruptMessage for an entry of an unknown version.
[[nodiscard]] Result<std::vector<AbortedTransaction>> parse_aborted_index(ByteView bytes);
[[nodiscard]] Bytes encode_aborted_index(std::span<const AbortedTransaction> transactions);

// What offset_checkpoint.h reads into a map, in the file's order. Errors as there.
using OffsetCheckpointEntry = std::pair<TopicPartition, Offset>;
[[nodiscard]] Result<std::vector<OffsetCheckpointEntry>> parse_offset_checkpoint_entries(std::string_view text);
[[nodiscard]] std::string offset_checkpoint_text(std::span<const OffsetCheckpointEntry> entries);

}  // namespace odradek::storage
