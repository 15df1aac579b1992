#include "api/down_conversion.h"

#include <gtest/gtest.h>

#include "record/batch_builder.h"
#include "record/batch_reader.h"
#include "record/control_record.h"
#include "runtime/sim/sim_test.h"

namespace odradek::api {
namespace {

class DownConversionTest : public runtime::SimTest {
 protected:
  static Bytes batch(int64_t offset) {
    record::BatchBuilder builder({.base_offset = Offset{offset}});
    builder.append({.timestamp = 900, .key = std::nullopt, .value = as_bytes("value"), .headers = {}});
    return builder.finish();
  }
  static Bytes cut_batch(int64_t offset) {
    Bytes bytes = batch(offset);
    bytes.resize(40);
    return bytes;
  }
  // Leaves no trace in older formats.
  static Bytes marker() {
    return record::marker_batch({.commit = true, .coordinator_epoch = 0}, ProducerId{1}, ProducerEpoch{0}, 900);
  }
  static Bytes joined(Bytes front, const Bytes& rest) {
    front.insert(front.end(), rest.begin(), rest.end());
    return front;
  }
  Bytes convert(Bytes stored) {
    Result<Bytes> converted = run(convert_down(Blob(std::move(stored)), 1, Offset{0}, uint64_t{1} << 20));
    return *std::move(converted);
  }
};

TEST_F(DownConversionTest, ACutBatchIsLeftOutAfterAWholeOne) {
  const Bytes converted = convert(joined(batch(0), cut_batch(1)));
  record::BatchScanner scanner(converted);
  ASSERT_TRUE(scanner.next().value().has_value());
  EXPECT_EQ(scanner.remaining(), 0U);
}

TEST_F(DownConversionTest, ACutBatchIsToldOfWhereNothingElseIs) {
  const Bytes cut = cut_batch(1);
  EXPECT_EQ(convert(cut), cut);
  EXPECT_EQ(convert(joined(marker(), cut)), cut) << "or the consumer would ask for the same again and again";
}

}  // namespace
}  // namespace odradek::api
