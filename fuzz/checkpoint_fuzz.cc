// The small text files of a log directory: which one (int8), then its text. And the names of files.
#include "controller/metadata_snapshot.h"
#include "controller/quorum_state.h"
#include "fuzz/harness.h"
#include "storage/epoch_cache.h"
#include "storage/file_formats.h"
#include "storage/log_files.h"
#include "storage/meta_properties.h"
#include "storage/offset_checkpoint.h"

namespace odradek::fuzz {

namespace {

void offsets(std::string_view text) {
  const auto entries = storage::parse_offset_checkpoint_entries(text);
  const auto map = storage::parse_offset_checkpoint(text);
  ensure(entries.has_value() || !map.has_value(), "an offset checkpoint that is read only as a map");
  if (entries) {
    ensure(storage::parse_offset_checkpoint_entries(storage::offset_checkpoint_text(*entries)) == entries,
           "an offset checkpoint changes when it is written again");
  }
  if (map) {
    ensure(storage::parse_offset_checkpoint(storage::offset_checkpoint_text(*map)) == map,
           "an offset checkpoint changes when it is written again");
  }
}

void epochs(std::string_view text) {
  auto cache = storage::EpochCache::parse(text);
  if (!cache) {
    return;
  }
  const auto again = storage::EpochCache::parse(cache->text());
  ensure(again && again->entries() == cache->entries(), "leader epochs change when they are written again");
  for (const storage::EpochStart& entry : again->entries()) {
    (void)cache->end_of(entry.epoch, Offset{1'000'000});
    (void)cache->epoch_at(entry.start);
  }
  cache->truncate_from_start(Offset{10});
  cache->truncate_from_end(Offset{100});
  ensure(storage::EpochCache::parse(cache->text()).has_value(), "leader epochs that were cut cannot be read");
}

void meta(std::string_view text) {
  auto properties = storage::MetaProperties::parse(text);
  if (properties && properties->cluster_id && properties->node_id) {
    properties->version = 1;
    ensure(storage::MetaProperties::parse(properties->text()) == properties,
           "meta.properties changes when it is written again");
  }
}

void partition_metadata(std::string_view text) {
  const auto topic = storage::parse_partition_metadata(text);
  if (topic) {
    ensure(storage::parse_partition_metadata(storage::partition_metadata_text(*topic)) == topic,
           "partition.metadata changes when it is written again");
  }
}

void clean_shutdown(std::string_view text) {
  const auto epoch = storage::parse_clean_shutdown(text);
  if (epoch) {
    ensure(storage::parse_clean_shutdown(storage::clean_shutdown_text(*epoch)) == epoch,
           "the marker of a clean stop changes when it is written again");
  }
}

void quorum_state(std::string_view text) {
  const auto state = controller::QuorumState::parse(text);
  if (state) {
    const auto again = controller::QuorumState::parse(state->text());
    ensure(again.has_value() && again->leader == state->leader && again->epoch == state->epoch &&
               again->voted == state->voted,
           "quorum-state changes when it is written again");
  }
}

void names(std::string_view text) {
  const auto partition = storage::parse_directory_name(text);
  if (partition) {
    ensure(storage::parse_directory_name(storage::directory_name(*partition)) == partition,
           "a directory's name changes when it is written again");
  }
  (void)storage::is_retired_name(text, storage::deleted_directory);
  for (const std::string_view suffix : {storage::log_suffix, storage::index_suffix, storage::snapshot_suffix}) {
    const auto offset = storage::offset_of(text, suffix);
    ensure(!offset || storage::file_name(*offset, suffix) == text, "a file's name changes when it is written again");
  }
  const auto snapshot = controller::SnapshotId::parse(text);
  ensure(!snapshot || snapshot->file_name() == text, "a snapshot's name changes when it is written again");
}

}  // namespace

void test_one_input(ByteView input) {
  Input parts(input);
  constexpr auto readers =
      std::to_array({&offsets, &epochs, &meta, &partition_metadata, &clean_shutdown, &quorum_state, &names});
  const auto which = parts.integer<uint8_t>();
  const MemoryMeter meter;
  readers.at(which % readers.size())(as_text(parts.rest()));
  ensure(meter.peak() <= 65536 + 256 * input.size(), "a small file takes too much memory");
}

}  // namespace odradek::fuzz
