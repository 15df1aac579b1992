// Batches and their records as JSON.
#pragma once

#include <boost/json/object.hpp>

#include "record/describe.h"

namespace odradek::cli {

// What the values of records are.
enum class RecordMeaning : uint8_t {
  Opaque,
  Metadata,  // records of the metadata log: shown as "message" besides
};

// Adds "batches" and "bytesLeft". Keys and values are base64; those over 4 KiB are given as size and CRC-32C. Control
// records have "control": their type and what their value says.
void add_batches(const record::Description& description, RecordMeaning meaning, boost::json::object& out);

}  // namespace odradek::cli
