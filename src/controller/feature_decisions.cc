#include "controller/feature_decisions.h"

#include <algorithm>

#include <fmt/format.h>

namespace odradek::controller {

namespace {

using metadata::FeatureRange;
using metadata::kraft_version_feature;
using metadata::metadata_version_feature;
using Update = protocol::UpdateFeaturesRequest::FeatureUpdateKey;
using Response = protocol::UpdateFeaturesResponse;

constexpr std::string_view elr_feature = "eligible.leader.replicas.version";
constexpr int16_t elr_metadata_version = 23;  // 4.0-IV1: records have a place for eligible leaders

// The levels of metadata.version, since the oldest that is supported, from which on records hold something new.
constexpr int16_t levels_that_changed_records[] = {8, 11, 13, 14, 15, 17, 23, 30};

enum class UpgradeType : int8_t { Upgrade = 1, SafeDowngrade = 2, UnsafeDowngrade = 3 };

// Version 0 of the request had a flag in its place.
int8_t upgrade_type(const Update& update, int16_t api_version) {
  if (api_version > 0) {
    return update.upgrade_type;
  }
  return static_cast<int8_t>(update.allow_downgrade ? UpgradeType::SafeDowngrade : UpgradeType::Upgrade);
}

std::unexpected<Error> invalid(const Update& update, std::string_view why) {
  return fail(Errc::InvalidUpdateVersion, fmt::format("Invalid update version {} for feature {}. {}",
                                                      update.max_version_level, update.feature.view(), why));
}

// Whether a node that says `ranges` can live with the level. `who` begins the sentence.
Result<> check_support(const Update& update, const std::map<std::string, FeatureRange>& ranges, std::string_view who) {
  const auto range = ranges.find(update.feature.str());
  if (range == ranges.end()) {
    return update.max_version_level == 0 ? Result<>{}
                                         : invalid(update, fmt::format("{} does not support this feature.", who));
  }
  if (update.max_version_level < range->second.min || update.max_version_level > range->second.max) {
    return invalid(update, fmt::format("{} only supports versions {}-{}", who, range->second.min, range->second.max));
  }
  return {};
}

// Whether records of the level `from` may hold what the lower one has no place for.
bool loses_records(int16_t from, int16_t to) {
  return std::ranges::any_of(levels_that_changed_records, [&](int16_t level) { return to < level && level <= from; });
}

Result<> check_direction(const Update& update, int16_t current, int8_t type) {
  const int16_t wanted = update.max_version_level;
  if (wanted > current && type != static_cast<int8_t>(UpgradeType::Upgrade)) {
    return invalid(update, "Can't downgrade to a newer version.");
  }
  if (wanted >= current) {
    return {};
  }
  if (update.feature == kraft_version_feature) {
    return invalid(update, "Can't downgrade the version of this feature.");
  }
  if (type == static_cast<int8_t>(UpgradeType::Upgrade)) {
    return invalid(update,
                   "Can't downgrade the version of this feature without setting the upgrade type to either safe "
                   "or unsafe downgrade.");
  }
  if (update.feature == metadata_version_feature && loses_records(current, wanted)) {
    return fail(Errc::InvalidUpdateVersion,
                fmt::format("Unsupported metadata.version downgrade from {} to {}. {}", current, wanted,
                            type == static_cast<int8_t>(UpgradeType::SafeDowngrade)
                                ? "Refusing to perform the requested downgrade because it might delete metadata "
                                  "information."
                                : "Unsafe metadata downgrade is not supported in this version."));
  }
  return {};
}

// The level that the request is to leave; levels may depend on others that are set with them.
int16_t metadata_version_after(const ClusterState& state, const protocol::UpdateFeaturesRequest& request) {
  for (const Update& update : request.feature_updates) {
    if (update.feature == metadata_version_feature) {
      return update.max_version_level;
    }
  }
  return state.image().metadata_version();
}

Result<> check_update(const ClusterState& state, const Update& update, NodeId controller, int16_t kraft_version,
                      int8_t type, int16_t metadata_version) {
  if (type < 1 || type > 3) {
    return invalid(update, "The controller does not support the given upgrade type.");
  }
  const bool is_kraft = update.feature == kraft_version_feature;
  const int16_t current = is_kraft ? kraft_version : state.image().feature_level(update.feature.view());
  if (update.max_version_level <= 0 && type == static_cast<int8_t>(UpgradeType::Upgrade)) {
    return invalid(update, fmt::format("The upgrade type is {} but the level is {}.", type, update.max_version_level));
  }
  if (update.max_version_level == 0 && current == 0 && !supported_features().contains(update.feature.str())) {
    return invalid(update, fmt::format("Feature {} not found.", update.feature.view()));
  }
  TRY(check_support(update, supported_features(), fmt::format("Local controller {}", controller.raw())));
  for (const auto& [id, broker] : state.image().brokers()) {
    TRY(check_support(update, broker.features, fmt::format("Broker {}", id.raw())));
  }
  TRY(check_direction(update, current, type));
  if (is_kraft && update.max_version_level > current) {
    return invalid(update, "The quorum of this node was formatted without kraft.version, and stays so.");
  }
  if (update.feature == elr_feature && update.max_version_level > 0 && metadata_version < elr_metadata_version) {
    return invalid(update, fmt::format("It depends on metadata.version level {}", elr_metadata_version));
  }
  return {};
}

// While eligible leader replicas are on, min.insync.replicas is the cluster's: it gets a value there, and what single
// brokers were given goes.
void settle_min_insync(const ClusterState& state, const DecisionContext& context, RecordList& records) {
  constexpr std::string_view option = "min.insync.replicas";
  const auto add = [&](std::string_view resource, std::optional<std::string_view> value) {
    protocol::ConfigRecord record;
    record.resource_type = static_cast<int8_t>(metadata::ConfigResourceType::Broker);
    record.resource_name = resource;
    record.name = option;
    record.value.reset();
    if (value) {
      record.value = protocol::Text(*value);
    }
    records.add(record);
  };
  if (!state.image().configs(metadata::ConfigResourceType::Broker, "").contains(option)) {
    const std::string value = fmt::format("{}", context.config.get_int(option));
    add("", value);
  }
  state.image().for_each_config([&](const metadata::ConfigResource& resource, const metadata::ConfigMap& configs) {
    if (resource.type == metadata::ConfigResourceType::Broker && !resource.name.empty() && configs.contains(option)) {
      add(resource.name, std::nullopt);
    }
  });
}

Response failed(const Error& error) {
  Response response;
  const Refusal why = refusal(error);
  response.error_code = why.raw_code();
  response.error_message = protocol::Text(
      fmt::format("The update failed for all features since the following feature had an error: {}", why.message));
  return response;
}

}  // namespace

const std::map<std::string, FeatureRange>& supported_features() {
  static const std::map<std::string, FeatureRange> features = {
      {std::string(metadata_version_feature), {metadata::oldest_metadata_version, metadata::newest_metadata_version}},
      {std::string(kraft_version_feature), {0, 1}},
      {"transaction.version", {0, 2}},
      {"group.version", {0, 1}},
      {std::string(elr_feature), {0, 1}},
      {"share.version", {0, 1}},
      {"streams.version", {0, 1}},
  };
  return features;
}

const std::map<std::string, int16_t>& default_feature_levels() {
  static const std::map<std::string, int16_t> levels = {
      {std::string(metadata_version_feature), metadata::newest_metadata_version},
      {std::string(elr_feature), int16_t{1}},
      {"group.version", int16_t{1}},
      {"share.version", int16_t{1}},
      {"streams.version", int16_t{1}},
      {"transaction.version", int16_t{2}},
  };
  return levels;
}

Result<> check_features(const metadata::MetadataImage& image) {
  for (const auto& [name, level] : image.features()) {
    const auto range = supported_features().find(name);
    if (range == supported_features().end()) {
      return fail(
          Errc::UnsupportedVersion,
          fmt::format("the metadata has the feature {} at level {}, which this version of odradek does not know; "
                      "use a newer one, or downgrade the feature with what wrote the directory",
                      name, level));
    }
    if (level < range->second.min || level > range->second.max) {
      return fail(
          Errc::UnsupportedVersion,
          fmt::format("the metadata has {} at level {}, and this version of odradek supports {} to {}; use another "
                      "one, or change the level with what wrote the directory",
                      name, level, range->second.min, range->second.max));
    }
  }
  return {};
}

machine::Decision<Response> update_features(const ClusterState& state, const DecisionContext& context,
                                            const protocol::UpdateFeaturesRequest& request, NodeId controller,
                                            int16_t kraft_version, int16_t api_version) {
  RecordList records(state);
  Response response;
  const int16_t metadata_version = metadata_version_after(state, request);
  for (const Update& update : request.feature_updates) {
    const Result<> checked =
        check_update(state, update, controller, kraft_version, upgrade_type(update, api_version), metadata_version);
    if (!checked) {
      return {.records = {}, .reply = failed(checked.error())};
    }
    const int16_t current = state.image().feature_level(update.feature.view());
    if (update.feature != kraft_version_feature && update.max_version_level != current) {
      protocol::FeatureLevelRecord record;
      record.name = update.feature.view();
      record.feature_level = update.max_version_level;
      records.add(record);
      if (update.feature == elr_feature && current == 0) {
        settle_min_insync(state, context, records);
      }
    }
  }
  response.error_message.reset();
  if (api_version < 2) {
    for (const Update& update : request.feature_updates) {
      auto& result = response.results.emplace_back();
      result.feature = update.feature;
      result.error_message.reset();
    }
  }
  if (request.validate_only) {
    records = RecordList(state);
  }
  return {.records = std::move(records).take(), .reply = std::move(response)};
}

}  // namespace odradek::controller
