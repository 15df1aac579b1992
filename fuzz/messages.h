// The claims about every message of the protocol, by its table.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "protocol/message_type.h"

namespace odradek::fuzz {

// Reads `body` as a message of `version`. What is accepted is written and read again to the same bytes, is read by the
// table-driven reader too, and takes memory in proportion to its size.
void check_message(const protocol::MessageType& type, ByteView body, int16_t version);

// The message with this key; null for none.
[[nodiscard]] const protocol::MessageType* message_type(protocol::MessageKind kind, int16_t key);

}  // namespace odradek::fuzz
