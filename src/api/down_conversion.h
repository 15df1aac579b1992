// Stored records for consumers that only know message formats v0 and v1 (Fetch v0 to v3).
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "model/ids.h"
#include "runtime/task.h"

namespace odradek::api {

// Reads `records` (batches as stored) and converts them to format `magic`, without records below `from`. Stops after
// the batch with which the result reaches `bytes_max`, so memory is that, one batch and a piece of what is read. Lets
// others run between batches and within large ones. A batch cut off at the end is left out, unless nothing came of
// those before it: then its first bytes come as they are, which tells such a consumer to ask for more.
//
// UnsupportedCompressionType for zstd, which nobody could read then; CorruptMessage, InvalidRecord, Io.
[[nodiscard]] runtime::Async<Bytes> convert_down(Blob records, int8_t magic, Offset from, uint64_t bytes_max);

}  // namespace odradek::api
