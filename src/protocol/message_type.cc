#include "protocol/message_type.h"

#include <algorithm>

namespace odradek::protocol {

const MessageType* find_message_type(std::string_view name) {
  const auto types = all_message_types();
  const auto found = std::ranges::find(types, name, [](const MessageType* type) { return type->name; });
  return found == types.end() ? nullptr : *found;
}

}  // namespace odradek::protocol
