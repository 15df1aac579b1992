// Decisions about features: which levels there are here, and UpdateFeatures (KIP-584, KIP-1022).
#pragma once

#include <map>
#include <string>

#include "controller/cluster_state.h"
#include "machine/decision.h"
#include "metadata/broker_image.h"
#include "protocol/messages/update_features.h"

namespace odradek::controller {

// What this build supports of each feature, as a broker and as a controller.
[[nodiscard]] const std::map<std::string, metadata::FeatureRange>& supported_features();

// The levels of a new cluster, without kraft.version; metadata.version among them.
[[nodiscard]] const std::map<std::string, int16_t>& default_feature_levels();

// Errc::UnsupportedVersion, with one sentence, if the image has a feature at a level that this build does not know.
[[nodiscard]] Result<> check_features(const metadata::MetadataImage& image);

// All updates or none. kraft.version is the log's: it may stay, and nothing else.
[[nodiscard]] machine::Decision<protocol::UpdateFeaturesResponse> update_features(
    const ClusterState& state, const DecisionContext& context, const protocol::UpdateFeaturesRequest& request,
    NodeId controller, int16_t kraft_version, int16_t api_version);

}  // namespace odradek::controller
