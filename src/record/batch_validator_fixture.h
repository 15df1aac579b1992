// Batches to validate, and the verbs to do it with.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include "base/big_endian.h"
#include "record/batch_builder.h"
#include "record/batch_validator.h"

namespace odradek::record {

inline constexpr int64_t now = 1'760'000'000'000;

class BatchValidatorTest : public testing::Test {
 protected:
  ProduceRules rules;
  ProduceContext context{.now_ms = now, .produce_version = 9, .leader_epoch = LeaderEpoch{4}};

  // `count` keyed records, a millisecond apart.
  static Bytes batch(int count = 3, BatchOptions options = {}, size_t value_size = 20) {
    BatchBuilder builder(options);
    const Bytes value(value_size, 'v');
    for (int i = 0; i < count; ++i) {
      const std::string key = "key-" + std::to_string(i);
      builder.append({.timestamp = now + i, .key = as_bytes(key), .value = value, .headers = {}});
    }
    return builder.finish();
  }

  // Writes `value` over a header field and mends the checksum.
  template <typename T>
  static Bytes with(Bytes bytes, size_t at, T value) {
    store_big_endian(bytes.data() + at, value);
    const ByteView view(bytes);
    store_big_endian(bytes.data() + crc_at, batch_crc(view.first(batch_header_size), view.subspan(batch_header_size)));
    return bytes;
  }

  BatchValidator run(Bytes bytes, size_t budget = size_t{256} << 10) const {
    BatchValidator validator(Blob(std::move(bytes)), rules, context);
    while (!validator.step(budget)) {
    }
    return validator;
  }

  std::optional<Errc> error(Bytes bytes) const {
    const BatchValidator validator = run(std::move(bytes));
    return validator.error() ? std::optional(validator.error()->code) : std::nullopt;
  }

  ValidatedBatch accept(Bytes bytes) const {
    BatchValidator validator = run(std::move(bytes));
    EXPECT_FALSE(validator.error()) << validator.error()->message;
    return validator.take();
  }
};

}  // namespace odradek::record
