#include "fuzz/messages.h"

#include "fuzz/harness.h"
#include "protocol/json.h"

namespace odradek::fuzz {

namespace {

// Reading may take array_memory_factor times the frame; writing makes up to three copies of it.
constexpr size_t memory_floor = size_t{1} << 20;
constexpr size_t memory_factor = 32;

}  // namespace

void check_message(const protocol::MessageType& type, ByteView body, int16_t version) {
  const MemoryMeter meter;
  const auto first = type.transcode(body, version);
  ensure(meter.peak() <= memory_floor + memory_factor * body.size(), "a message takes too much memory");
  if (!first) {
    return;
  }
  const auto second = type.transcode(first->bytes, version);
  ensure(second.has_value(), "a message that was written cannot be read");
  ensure(second->left == 0, "a message is written longer than it is read");
  ensure(second->bytes == first->bytes, "a message changes when it is written again");
  protocol::Reader in(body);
  ensure(protocol::read_json(type, in, version).has_value(), "the two readers of messages disagree");
  ensure(in.remaining() == first->left, "the two readers of messages disagree about the size");
}

const protocol::MessageType* message_type(protocol::MessageKind kind, int16_t key) {
  for (const protocol::MessageType* type : protocol::all_message_types()) {
    if (type->kind == kind && type->key == key) {
      return type;
    }
  }
  return nullptr;
}

}  // namespace odradek::fuzz
