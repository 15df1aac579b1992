// Every message that is stored in a log: the coordinators' keys and values, metadata, control records. The name of the
// message and a line feed, its version (int16), its bytes.
#include "fuzz/harness.h"
#include "fuzz/messages.h"

namespace odradek::fuzz {

void test_one_input(ByteView input) {
  Input parts(input);
  const protocol::MessageType* type = protocol::find_message_type(parts.text_until('\n'));
  const auto version = parts.integer<int16_t>();
  if (type != nullptr && version >= type->min_version && version <= type->max_version) {
    check_message(*type, parts.rest(), version);
  }
}

}  // namespace odradek::fuzz
