// Batches decoded and encoded again: what our encoders make of the records in them.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

namespace odradek::cli {

// Every whole batch in `bytes`, each in its own format and codec, its records written anew. Without compression the
// same bytes again; with it the compressed bytes depend on library and level. Errors as RecordReader, and
// Errc::InvalidRecord for records whose offsets do not rise, which our encoder does not write.
[[nodiscard]] Result<Bytes> rewrite_batches(ByteView bytes);

}  // namespace odradek::cli
