// `odradek codec`: from bytes of the protocol, of logs and of files to what they mean.
#pragma once

#include <iosfwd>

namespace odradek::cli {

// Reads JSON Lines from `in` and writes one line for each to `out`. Every line has its "kind" and its "bytes" in
// hexadecimal, and further fields by kind:
//
//   request, response   "version", and "api" (the number) or "name" (such as "FetchRequest"): a body
//   header, record      "version" and "name"; "odd" stands for any of these by name
//   request-frame       nothing: size, header and body
//   response-frame      "api" and "version": size, header and body
//   batch               nothing: record batches of any format, one after another
//   file                "file", the path in a log directory: what it is follows from its name
//
// The answer is {"bytes": "<hex, encoded again>", "bytesLeft": <bytes behind what was read>, "json": {...}}, the JSON
// in Kafka's own form (protocol/json.h), or {"error": "<why>"}; of damaged batches with "where" ("batches",
// "ensureValid", "records") and, as "json", what could be read before.
//
// The exit status: 0, or 1 if `out` could not be written.
[[nodiscard]] int run_codec(std::istream& in, std::ostream& out);

}  // namespace odradek::cli
