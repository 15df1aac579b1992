// Whole request frames of every API, without their size: header and body.
#include "fuzz/harness.h"
#include "fuzz/messages.h"
#include "protocol/framing.h"

namespace odradek::fuzz {

void test_one_input(ByteView input) {
  protocol::Reader in(input);
  const Result<protocol::RequestHead> head = protocol::read_request_head(in);
  if (!head || head->api == nullptr) {
    return;
  }
  const protocol::MessageType* type = message_type(protocol::MessageKind::Request, head->api_key);
  ensure(type != nullptr, "an API without a request");
  check_message(*type, input.last(in.remaining()), head->version);

  protocol::Writer out;
  protocol::write_request_head(out, head->api->key, head->version, head->correlation_id, head->client_id);
  const Bytes written = std::move(out).finish_bytes().value();
  protocol::Reader again(written);
  const auto read = protocol::read_request_head(again);
  ensure(read && read->api == head->api && read->version == head->version &&
             read->correlation_id == head->correlation_id && read->client_id == head->client_id,
         "a request header changes when it is written again");
}

}  // namespace odradek::fuzz
