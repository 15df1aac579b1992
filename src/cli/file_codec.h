// Files of a log directory for `odradek codec`.
#pragma once

#include <boost/json/object.hpp>

#include "base/result.h"

namespace odradek::cli {

// {"kind": "file", "file": "<path>", "bytes"}: the path's last name says what the file is, its folder which log it is
// of (records of `__cluster_metadata-0` are shown as messages).
//
// "bytes" are what we would write: of `meta.properties` in version 1 and without the comment with the time, of an index
// without the zeros that a running broker keeps behind the entries ("bytesLeft" counts them).
[[nodiscard]] Result<boost::json::object> decode_file(const boost::json::object& line);

}  // namespace odradek::cli
