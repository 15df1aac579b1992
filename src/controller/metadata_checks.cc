// Whether this node may go on with what inspect_metadata found.
#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "controller/feature_decisions.h"
#include "controller/metadata_inspection.h"

namespace odradek::controller {

namespace {

std::vector<int32_t> raw(const std::vector<NodeId>& nodes) {
  std::vector<int32_t> result;
  for (const NodeId node : nodes) {
    result.push_back(node.raw());
  }
  return result;
}

Error other_voters(const std::vector<NodeId>& voters, NodeId node) {
  return {
      Errc::InvalidConfig,
      fmt::format("the metadata in this directory is voted on by the nodes [{}], and odradek can lead it only where "
                  "node {} is the one voter; remove the other voters with Kafka first, or start with another data "
                  "directory",
                  fmt::join(raw(voters), ", "), node.raw())};
}

Result<> check_voters(const MetadataInspection& inspection, NodeId node) {
  std::vector<NodeId> voters;
  if (inspection.quorum.kraft_version > 0) {
    std::ranges::transform(inspection.quorum.voters, std::back_inserter(voters), &Voter::id);
  } else if (inspection.quorum_state) {
    voters = inspection.quorum_state->voters;
  }
  if (voters.empty() && inspection.quorum.kraft_version == 0) {
    return {};  // a directory formatted for voters that a configuration names, and never started
  }
  if (voters != std::vector<NodeId>{node}) {
    return std::unexpected(other_voters(voters, node));
  }
  return {};
}

Result<> check_replicas(const metadata::MetadataImage& image, NodeId node) {
  std::optional<Error> trouble;
  image.for_each_topic([&](const metadata::TopicImage& topic) {
    topic.partitions.for_each([&](int32_t index, const std::shared_ptr<const metadata::PartitionImage>& partition) {
      if (!trouble && partition->replicas != std::vector<NodeId>{node}) {
        trouble =
            Error{Errc::InvalidConfig,
                  fmt::format("partition {}-{} has replicas on the nodes [{}], and odradek runs as node {} alone; "
                              "reassign all partitions to that node with Kafka first, or start with another data "
                              "directory",
                              topic.name, index, fmt::join(raw(partition->replicas), ", "), node.raw())};
      }
    });
  });
  return trouble ? Result<>(std::unexpected(*trouble)) : Result<>{};
}

}  // namespace

Result<> check_metadata(const MetadataInspection& inspection, NodeId node) {
  TRY(check_voters(inspection, node));
  if (inspection.quorum.kraft_version > 1) {
    return fail(Errc::UnsupportedVersion, fmt::format("the metadata has kraft.version {}, and this version of odradek "
                                                      "supports 0 to 1; use a newer one",
                                                      inspection.quorum.kraft_version));
  }
  TRY(check_features(*inspection.image));
  return check_replicas(*inspection.image, node);
}

Result<> check_properties(const storage::MetaProperties& properties, std::string_view path, NodeId node,
                          std::string_view cluster_id) {
  if (properties.node_id && *properties.node_id != node) {
    return fail(Errc::InvalidConfig,
                fmt::format("{} belongs to node {}, and this is node {}; set node.id={} or choose "
                            "another data directory",
                            path, properties.node_id->raw(), node.raw(), properties.node_id->raw()));
  }
  if (!cluster_id.empty() && properties.cluster_id && *properties.cluster_id != cluster_id) {
    return fail(Errc::InvalidConfig,
                fmt::format("{} belongs to the cluster {}, and this is the cluster {}; choose another "
                            "data directory",
                            path, *properties.cluster_id, cluster_id));
  }
  return {};
}

std::vector<PartitionPlace> places_elsewhere(const metadata::MetadataImage& image, NodeId node,
                                             const std::set<DirectoryId>& known) {
  std::vector<PartitionPlace> places;
  image.for_each_topic([&](const metadata::TopicImage& topic) {
    topic.partitions.for_each([&](int32_t index, const std::shared_ptr<const metadata::PartitionImage>& partition) {
      const DirectoryId directory = partition->directory_of(node);
      if (!is_reserved(directory) && !known.contains(directory)) {
        places.push_back({.partition = {.topic = topic.name, .index = PartitionIndex(index)}, .directory = directory});
      }
    });
  });
  std::ranges::sort(places, {}, &PartitionPlace::partition);
  return places;
}

}  // namespace odradek::controller
