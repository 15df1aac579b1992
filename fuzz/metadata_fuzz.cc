// Records of the metadata log: batches (int8: number of records), each record with its size (int16), in stored form.
#include "fuzz/harness.h"
#include "metadata/image_loader.h"
#include "metadata/image_records.h"

namespace odradek::fuzz {

namespace {

std::vector<Bytes> records_of(const metadata::MetadataImage& image) {
  std::vector<Bytes> records;
  metadata::write_image(image, [&](Bytes record) { records.push_back(std::move(record)); });
  return records;
}

// A snapshot of an image makes an equal image.
void check_snapshot(const metadata::MetadataImage& image) {
  const std::vector<Bytes> records = records_of(image);
  const std::vector<ByteView> views(records.begin(), records.end());
  metadata::ImageLoader loader;
  const auto update = loader.load_snapshot(image.position(), views);
  ensure(update.has_value(), update ? "" : update.error().message);
  ensure(records_of(*update->image) == records, "an image changes when its snapshot is read");
}

}  // namespace

void test_one_input(ByteView input) {
  Input parts(input);
  const MemoryMeter meter;
  metadata::ImageLoader loader;
  Offset next{0};
  while (!parts.empty()) {
    std::vector<ByteView> batch(parts.integer<uint8_t>() % 32U);
    for (ByteView& record : batch) {
      record = parts.take(parts.integer<uint16_t>());
      (void)metadata::decode_record(record);
    }
    if (!loader.load(next, LeaderEpoch{1}, 1'760'000'000'000, batch)) {
      return;  // the loader is of no more use
    }
    next = next + static_cast<int64_t>(batch.size());
  }
  ensure(meter.peak() <= (size_t{2} << 20) + 512 * input.size(), "an image takes too much memory");
  check_snapshot(*loader.image());
}

}  // namespace odradek::fuzz
