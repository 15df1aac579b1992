// Runs the codec on lines of the golden vectors.
#pragma once

#include <string>

#include <boost/json/object.hpp>

namespace odradek::cli {

// The answer to one line.
[[nodiscard]] boost::json::object ask_codec(const boost::json::object& line);

// The hexadecimal `digits` without those of the last `count` bytes.
[[nodiscard]] std::string without_last(const boost::json::value& digits, const boost::json::value& count);

// What a batch or a set of them says whatever library compressed it: without checksums, sizes and positions.
[[nodiscard]] boost::json::object uncompressed(boost::json::object json);

}  // namespace odradek::cli
