// Produce requests made ahead.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "record/compression.h"

namespace odradek::bench {

inline constexpr int16_t produce_version = 9;

struct BatchShape {
  size_t batch_bytes = 0;  // about; at least one record goes in
  size_t record_bytes = 100;
  record::Codec codec = record::Codec::None;
};

// One batch of records with random values (letters, where a codec is to find something to do).
struct FilledBatch {
  Bytes bytes;
  int32_t records = 0;
};
[[nodiscard]] FilledBatch make_batch(const BatchShape& shape);

// A batch of the one record `value`, stamped with the time of now.
[[nodiscard]] Bytes one_record_batch(ByteView value);

// The request, size first.
[[nodiscard]] Bytes produce_frame(const std::string& topic, int32_t partition, int16_t acks, ByteView batch);

// The first error in the answer to a Produce request; 0 if there is none.
[[nodiscard]] int16_t produce_error(ByteView frame);

// Gives up if the answer to a Produce request reports an error.
void check_produce_answer(ByteView frame);

}  // namespace odradek::bench
