// Whole responses of every API, as a broker that asks another reads them: API key and version (int16 each), which the
// asker knows, then header and body.
#include "fuzz/harness.h"
#include "fuzz/messages.h"
#include "protocol/framing.h"

namespace odradek::fuzz {

void test_one_input(ByteView input) {
  Input parts(input);
  const protocol::ApiInfo* api = protocol::find_api(parts.integer<int16_t>());
  const auto version = parts.integer<int16_t>();
  if (api == nullptr || !api->versions.contains(version)) {
    return;
  }
  protocol::Reader in(parts.rest());
  if (!protocol::read_response_head(in, api->key, version)) {
    return;
  }
  const protocol::MessageType* type = message_type(protocol::MessageKind::Response, static_cast<int16_t>(api->key));
  ensure(type != nullptr, "an API without a response");
  check_message(*type, parts.rest().last(in.remaining()), version);
}

}  // namespace odradek::fuzz
