// The messages inside records that brokers write.
#pragma once

#include <boost/json/object.hpp>

#include "base/bytes.h"
#include "record/describe.h"

namespace odradek::cli {

// {"type": "COMMIT", "coordinatorEpoch": 57}, or {"type": "LEADER_CHANGE", "message": {...}}. A type that Kafka does
// not have is {"type": <its number>}; a value that is not what the type says has "error" instead of "message".
[[nodiscard]] boost::json::object control_json(const record::RecordDescription& record);

// {"name": "TopicRecord", "type": 2, "version": 0, "data": {...}} of a record as the metadata log stores it, or
// {"error": "<why>"}.
[[nodiscard]] boost::json::object metadata_json(ByteView stored);

}  // namespace odradek::cli
