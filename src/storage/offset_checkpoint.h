// Files that hold an offset per partition: recovery points, log starts, high watermarks, the cleaner's progress.
//
// Text: "0", the number of entries, then "<topic> <partition> <offset>" a line.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "model/ids.h"

namespace odradek::storage {

using OffsetCheckpoint = std::unordered_map<TopicPartition, Offset>;

// An empty file has no entries. CorruptMessage for another version, a wrong count or a line that does not parse.
[[nodiscard]] Result<OffsetCheckpoint> parse_offset_checkpoint(std::string_view text);
[[nodiscard]] std::string offset_checkpoint_text(const OffsetCheckpoint& offsets);

}  // namespace odradek::storage
