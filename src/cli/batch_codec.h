// Record batches for `odradek codec`.
#pragma once

#include <boost/json/object.hpp>

#include "base/bytes.h"
#include "base/result.h"
#include "cli/batch_json.h"

namespace odradek::cli {

// {"kind": "batch", "bytes"}. The answer of damaged batches has "error" and "where" instead of "bytes" and "bytesLeft".
[[nodiscard]] Result<boost::json::object> decode_batches(const boost::json::object& line);

// The same answer, for batches however they came; `json` has the fields of the file they lie in, which come first.
[[nodiscard]] boost::json::object answer_to_batches(ByteView bytes, RecordMeaning meaning,
                                                    boost::json::object json = {});

}  // namespace odradek::cli
