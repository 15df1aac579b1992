// Messages in Kafka's JSON form: what its own tools print, and `odradek codec` with them.
//
// Names are camelCase. Fields that the version lacks, and tagged fields at their default, are absent. Bytes and
// records are base64 with padding, uuids Kafka's text, numbers exact. Unknown tags do not appear.
//
// Driven by the tables of MessageType, not by the generated structs: a second reader of the same bytes.
#pragma once

#include <boost/json/value.hpp>

#include "base/result.h"
#include "protocol/message_type.h"

namespace odradek::protocol {

// Reads a message of `version` from `in`. Errc::UnsupportedVersion, Errc::MalformedMessage.
[[nodiscard]] Result<boost::json::value> read_json(const MessageType& type, Reader& in, int16_t version);

}  // namespace odradek::protocol
