// Snapshot files of the metadata log: flags (int8: 1 sets checksums right), then the file.
#include "controller/metadata_snapshot.h"
#include "fuzz/harness.h"
#include "metadata/image_loader.h"

namespace odradek::fuzz {

void test_one_input(ByteView input) {
  Input parts(input);
  const auto flags = parts.integer<uint8_t>();
  Bytes bytes(parts.rest().begin(), parts.rest().end());
  if ((flags & 1) != 0) {
    mend_batches(bytes);
  }
  const auto snapshot = controller::MetadataSnapshot::decode(bytes);
  if (!snapshot) {
    return;
  }
  const auto again = controller::MetadataSnapshot::decode(snapshot->encode(LeaderEpoch{1}, 1'760'000'000'000));
  ensure(again.has_value(), again ? "" : again.error().message);
  ensure(again->records == snapshot->records && again->last_contained_timestamp == snapshot->last_contained_timestamp &&
             (again->quorum == snapshot->quorum || snapshot->quorum.kraft_version < 1),
         "a snapshot changes when it is written again");
  const std::vector<ByteView> records(snapshot->records.begin(), snapshot->records.end());
  metadata::ImageLoader loader;
  (void)loader.load_snapshot({.offset = Offset{10}, .epoch = LeaderEpoch{1}}, records);
}

}  // namespace odradek::fuzz
