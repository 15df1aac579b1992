// Messages and whole frames for `odradek codec`.
#pragma once

#include <boost/json/object.hpp>

#include "base/result.h"

namespace odradek::cli {

// {"kind", "api" or "name", "version", "bytes"}: one message. The answer has "bytes", "bytesLeft" and "json".
[[nodiscard]] Result<boost::json::object> decode_message(const boost::json::object& line);

// {"kind": "request-frame" | "response-frame", "bytes"}, of responses with "api" and "version", which a response does
// not say itself: size, header and body. The answer has "header" beside what decode_message gives.
[[nodiscard]] Result<boost::json::object> decode_request_frame(const boost::json::object& line);
[[nodiscard]] Result<boost::json::object> decode_response_frame(const boost::json::object& line);

}  // namespace odradek::cli
