// The files of text: checkpoints, and what a directory or a node says of itself.
#include <utility>

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "cli/file_contents.h"
#include "controller/quorum_state.h"
#include "storage/epoch_cache.h"
#include "storage/file_formats.h"
#include "storage/log_files.h"
#include "storage/meta_properties.h"

namespace odradek::cli {

namespace json = boost::json;

namespace {

FileContents contents(std::string_view text, json::object json) {
  const ByteView bytes = as_bytes(text);
  return {.bytes = Bytes(bytes.begin(), bytes.end()), .left = 0, .json = std::move(json)};
}

}  // namespace

Result<FileContents> read_epoch_checkpoint(std::string_view /*name*/, ByteView bytes) {
  TRY(const storage::EpochCache epochs, storage::EpochCache::parse(as_text(bytes)));
  json::array entries;
  for (const storage::EpochStart& entry : epochs.entries()) {
    entries.push_back(json::object{{"epoch", entry.epoch.raw()}, {"startOffset", entry.start.raw()}});
  }
  return contents(epochs.text(), {{"entries", std::move(entries)}});
}

Result<FileContents> read_offset_checkpoint(std::string_view /*name*/, ByteView bytes) {
  TRY(const auto offsets, storage::parse_offset_checkpoint_entries(as_text(bytes)));
  json::array entries;
  for (const auto& [partition, offset] : offsets) {
    entries.push_back(
        json::object{{"topic", partition.topic}, {"partition", partition.index.raw()}, {"offset", offset.raw()}});
  }
  return contents(storage::offset_checkpoint_text(offsets), {{"entries", std::move(entries)}});
}

Result<FileContents> read_partition_metadata(std::string_view /*name*/, ByteView bytes) {
  TRY(const TopicId topic, storage::parse_partition_metadata(as_text(bytes)));
  return contents(storage::partition_metadata_text(topic), {{"version", 0}, {"topicId", topic.uuid().text()}});
}

Result<FileContents> read_clean_shutdown(std::string_view /*name*/, ByteView bytes) {
  if (bytes.empty()) {
    return FileContents{};
  }
  const std::optional<BrokerEpoch> epoch = storage::parse_clean_shutdown(as_text(bytes));
  if (!epoch) {
    return fail(Errc::CorruptMessage, "no broker epoch in the mark of a clean shutdown");
  }
  return contents(storage::clean_shutdown_text(*epoch), {{"version", 0}, {"brokerEpoch", epoch->raw()}});
}

Result<FileContents> read_meta_properties(std::string_view /*name*/, ByteView bytes) {
  TRY(const auto properties, storage::MetaProperties::parse(as_text(bytes)));
  // As Kafka has them: all of them texts, under their own names.
  json::object json{{"version", fmt::to_string(properties.version)}};
  if (properties.cluster_id) {
    json.emplace("cluster.id", *properties.cluster_id);
  }
  if (properties.node_id) {
    json.emplace(properties.version == 0 ? "broker.id" : "node.id", fmt::to_string(properties.node_id->raw()));
  }
  if (properties.directory_id) {
    json.emplace("directory.id", properties.directory_id->uuid().text());
  }
  return contents(properties.text(), std::move(json));
}

Result<FileContents> read_quorum_state(std::string_view /*name*/, ByteView bytes) {
  TRY(const auto state, controller::QuorumState::parse(as_text(bytes)));
  const std::string text = state.text();
  json::object data = json::parse(text).as_object();
  data.erase("data_version");
  return contents(text, {{"dataVersion", state.data_version}, {"data", std::move(data)}});
}

}  // namespace odradek::cli
