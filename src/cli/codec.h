// `odradek codec`: from bytes of the protocol to what they mean.
#pragma once

#include <iosfwd>

namespace odradek::cli {

// Reads JSON Lines from `in` and writes one line for each to `out`. A line is
//
//   {"kind": "request" | "response" | "header" | "record", "version": 12, "bytes": "<hex of the body>",
//    "name": "FetchRequest"}      or, for requests and responses, "api": 1 instead of the name
//
// and is answered by {"bytes": "<hex, encoded again>", "bytesLeft": <bytes behind the message>, "json": {...}}, the
// JSON in Kafka's own form (protocol/json.h), or by {"error": "<why>"}. Kind "odd" stands for any message by its name.
//
// The exit status: 0, or 1 if `out` could not be written.
[[nodiscard]] int run_codec(std::istream& in, std::ostream& out);

}  // namespace odradek::cli
