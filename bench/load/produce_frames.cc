#include "load/produce_frames.h"

#include <chrono>
#include <random>

#include "load/connection.h"
#include "protocol/messages/produce.h"
#include "record/batch_builder.h"

namespace odradek::bench {
namespace {

int64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

FilledBatch make_batch(const BatchShape& shape) {
  std::mt19937_64 random(42);
  record::BatchBuilder builder({.codec = shape.codec});
  const int64_t now = now_ms();
  Bytes value(shape.record_bytes);
  do {
    for (uint8_t& byte : value) {
      byte = static_cast<uint8_t>(shape.codec == record::Codec::None ? random() : 'a' + random() % 16);
    }
    builder.append({.timestamp = now, .value = value});
  } while (builder.size() + shape.record_bytes <= shape.batch_bytes);
  const int32_t records = builder.count();
  return {.bytes = builder.finish(), .records = records};
}

Bytes one_record_batch(ByteView value) {
  record::BatchBuilder builder({});
  builder.append({.timestamp = now_ms(), .value = value});
  return builder.finish();
}

Bytes produce_frame(const std::string& topic, int32_t partition, int16_t acks, ByteView batch) {
  protocol::ProduceRequest request;
  request.acks = acks;
  request.timeout_ms = 30'000;
  auto& of_topic = request.topic_data.emplace_back();
  of_topic.name = protocol::Text(std::string_view(topic));
  auto& of_partition = of_topic.partition_data.emplace_back();
  of_partition.index = partition;
  of_partition.records = Blob(batch);
  return must(protocol::request_frame(request, produce_version, 0, protocol::Text(Connection::client_id)),
              "produce request")
      .flatten();
}

int16_t produce_error(ByteView frame) {
  const auto answer = Connection::read_answer<protocol::ProduceResponse>(frame, produce_version);
  for (const auto& topic : answer.responses) {
    for (const auto& partition : topic.partition_responses) {
      if (partition.error_code != 0) {
        return partition.error_code;
      }
    }
  }
  return 0;
}

void check_produce_answer(ByteView frame) { must_be_none(produce_error(frame), "produce"); }

}  // namespace odradek::bench
