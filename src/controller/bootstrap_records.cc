#include "controller/bootstrap_records.h"

#include <utility>

#include <fmt/format.h>

#include "controller/feature_decisions.h"
#include "controller/metadata_snapshot.h"
#include "metadata/image_loader.h"
#include "metadata/metadata_record.h"
#include "runtime/file.h"
#include "runtime/shard.h"
#include "storage/log_files.h"

namespace odradek::controller {

namespace {

constexpr std::string_view eligible_leader_replicas = "eligible.leader.replicas.version";

}  // namespace

BootstrapRecords BootstrapRecords::of(const std::map<std::string, int16_t>& levels) {
  const auto version = levels.find(std::string(metadata::metadata_version_feature));
  ensure(version != levels.end(), "a new cluster begins with a metadata.version");
  BootstrapRecords begin{.metadata_version = version->second,
                         .has_eligible_leader_replicas = levels.contains(std::string(eligible_leader_replicas)),
                         .records = {}};
  const auto add = [&](const std::string& name, int16_t level) {
    protocol::FeatureLevelRecord record;
    record.name = std::string_view(name);
    record.feature_level = level;
    begin.records.push_back(metadata::encode_record(record, version->second));
  };
  add(version->first, version->second);
  for (const auto& [name, level] : levels) {
    if (level != 0 && name != metadata::metadata_version_feature && name != metadata::kraft_version_feature) {
      add(name, level);
    }
  }
  return begin;
}

Result<BootstrapRecords> BootstrapRecords::of(std::vector<Bytes> records) {
  metadata::ImageLoader loader;
  const std::vector<ByteView> views(records.begin(), records.end());
  TRY([[maybe_unused]] const auto update, loader.load(Offset(0), LeaderEpoch(0), 0, views));
  const metadata::SharedImage image = loader.image();
  if (image->metadata_version() == 0) {
    return fail(Errc::CorruptMessage, "it names no metadata.version");
  }
  TRY(check_features(*image));
  return BootstrapRecords{.metadata_version = image->metadata_version(),
                          .has_eligible_leader_replicas = image->feature_level(eligible_leader_replicas) > 0,
                          .records = std::move(records)};
}

runtime::Async<BootstrapRecords> read_bootstrap_records(std::string path) {
  const std::string file = storage::join_path(path, bootstrap_file);
  const Result<Bytes> bytes = co_await runtime::Shard::current().files().read_file(file);
  if (!bytes && bytes.error().code == Errc::NotFound) {
    co_return BootstrapRecords::of(default_feature_levels());
  }
  CO_TRY(bytes);
  Result<MetadataSnapshot> snapshot = MetadataSnapshot::decode(*bytes);
  Result<BootstrapRecords> begin =
      snapshot ? BootstrapRecords::of(std::move(snapshot->records)) : std::unexpected(snapshot.error());
  if (!begin) {
    co_return fail(Errc::InvalidConfig,
                   fmt::format("{} says what the metadata of this cluster begins with, and cannot be followed ({}); "
                               "format the directory again, or start with another",
                               file, begin.error().message));
  }
  co_return *std::move(begin);
}

}  // namespace odradek::controller
