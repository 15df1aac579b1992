#include "coordinator/group/consumer_protocol.h"

#include <algorithm>

#include "base/big_endian.h"
#include "base/ensure.h"
#include "protocol/reader.h"
#include "protocol/writer.h"

namespace odradek::coordinator {

namespace {

template <typename Message>
Result<Message> read(ByteView bytes) {
  if (bytes.size() < sizeof(int16_t)) {
    return fail(Errc::CorruptMessage, "a consumer's bytes are shorter than their version");
  }
  const int16_t version = stated_version(bytes);
  if (version < Message::min_version) {
    return fail(Errc::CorruptMessage, "a consumer's bytes have a negative version");
  }
  protocol::Reader in(bytes.subspan(sizeof(int16_t)));
  // Versions to come only add to the end.
  Result<Message> message = Message::decode(in, std::min(version, Message::max_version));
  if (!message) {
    return fail(Errc::CorruptMessage, message.error().message);
  }
  return message;
}

}  // namespace

int16_t stated_version(ByteView bytes) {
  return bytes.size() < sizeof(int16_t) ? int16_t{0} : load_big_endian<int16_t>(bytes.data());
}

Result<protocol::ConsumerProtocolSubscription> read_subscription(ByteView bytes) {
  return read<protocol::ConsumerProtocolSubscription>(bytes);
}

Result<protocol::ConsumerProtocolAssignment> read_assignment(ByteView bytes) {
  return read<protocol::ConsumerProtocolAssignment>(bytes);
}

Bytes write_assignment(const Assignment& assignment, const metadata::MetadataImage& image, int16_t version) {
  protocol::ConsumerProtocolAssignment message;
  for (const TopicPartitions& topic : assignment) {
    if (const metadata::TopicImage* known = image.topic(topic.topic)) {
      auto& named = message.assigned_partitions.emplace_back();
      named.topic = std::string_view(known->name);
      named.partitions = topic.partitions;
    }
  }
  const int16_t writable = std::clamp(version, protocol::ConsumerProtocolAssignment::min_version,
                                      protocol::ConsumerProtocolAssignment::max_version);
  protocol::Writer out;
  out.integer(writable);
  message.encode(out, writable);
  Result<Bytes> bytes = std::move(out).finish_bytes();
  ensure(bytes.has_value(), "an assignment that no version can carry");
  return *std::move(bytes);
}

}  // namespace odradek::coordinator
