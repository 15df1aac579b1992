#include "controller/metadata_inspection.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "controller/feature_decisions.h"
#include "metadata/image_loader.h"
#include "record/batch_reader.h"
#include "record/control_record.h"
#include "runtime/file.h"
#include "runtime/shard.h"
#include "storage/log_files.h"

namespace odradek::controller {

namespace {

constexpr uint64_t file_bytes_max = uint64_t{2} << 30;

runtime::FileSystem& files() { return runtime::Shard::current().files(); }

// Follows the batches of one segment; stops, without an error, where no whole batch follows.
class SegmentReader {
 public:
  SegmentReader(MetadataInspection& out, metadata::ImageLoader& loader, Offset from)
      : out_(out), loader_(loader), next_(from) {}

  Result<> read(ByteView segment) {
    record::BatchScanner scanner(segment);
    for (;;) {
      const auto entry = scanner.next();
      if (!entry || !*entry || !record::check_batch((*entry)->bytes)) {
        return {};
      }
      if ((*entry)->header.base_offset >= next_) {
        TRY(take(**entry));
        next_ = (*entry)->header.next_offset();
      }
    }
  }

 private:
  Result<> take(const record::BatchEntry& entry) {
    record::RecordReader reader(entry.bytes);
    std::vector<Bytes> values;
    for (;;) {
      TRY(const std::optional<record::RecordView> record, reader.next_record());
      if (!record) {
        break;
      }
      if (entry.header.is_control()) {
        TRY(out_.quorum.take(*record));
        const auto type = record::parse_control_type(*record);
        out_.is_quorum_in_log = out_.is_quorum_in_log || (type && *type == record::ControlType::KRaftVoters);
      } else if (record->value) {
        values.emplace_back(record->value->begin(), record->value->end());
      } else {
        return fail(Errc::CorruptMessage, "a metadata record without a value");
      }
    }
    if (!entry.header.is_control()) {
      const std::vector<ByteView> views(values.begin(), values.end());
      TRY(loader_.load(entry.header.base_offset, entry.header.leader_epoch, entry.header.max_timestamp, views));
    }
    return {};
  }

  MetadataInspection& out_;
  metadata::ImageLoader& loader_;
  Offset next_;
};

runtime::Async<> read_snapshot(std::string directory, MetadataInspection& out, metadata::ImageLoader& loader) {
  if (out.snapshots.empty()) {
    co_return Result<>{};
  }
  const SnapshotId newest = out.snapshots.back();
  CO_TRY(const Bytes bytes,
         co_await files().read_file(fmt::format("{}/{}", directory, newest.file_name()), file_bytes_max));
  CO_TRY(const MetadataSnapshot snapshot, MetadataSnapshot::decode(bytes));
  out.quorum = snapshot.quorum;
  const std::vector<ByteView> views(snapshot.records.begin(), snapshot.records.end());
  CO_TRY(loader.load_snapshot(
      {.offset = newest.end + -1, .epoch = newest.epoch, .timestamp = snapshot.last_contained_timestamp}, views));
  co_return Result<>{};
}

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

runtime::Async<MetadataInspection> inspect_metadata(std::string directory) {
  MetadataInspection out;
  metadata::ImageLoader loader;
  CO_TRY(const std::vector<runtime::DirectoryEntry> entries, co_await files().list(directory));
  std::vector<std::pair<Offset, std::string>> segments;
  bool has_quorum_state = false;
  for (const runtime::DirectoryEntry& entry : entries) {
    if (const auto snapshot = SnapshotId::parse(entry.name)) {
      out.snapshots.push_back(*snapshot);
    } else if (const auto base = storage::offset_of(entry.name, storage::log_suffix)) {
      segments.emplace_back(*base, entry.name);
    }
    has_quorum_state = has_quorum_state || entry.name == "quorum-state";
  }
  std::ranges::sort(out.snapshots);
  std::ranges::sort(segments);
  out.has_log = !segments.empty();
  if (has_quorum_state) {
    CO_TRY(const Bytes bytes, co_await files().read_file(fmt::format("{}/quorum-state", directory)));
    CO_TRY(out.quorum_state, QuorumState::parse(as_text(bytes)));
  }
  CO_TRY(co_await read_snapshot(directory, out, loader));
  const Offset from = out.snapshots.empty() ? Offset(0) : out.snapshots.back().end;
  SegmentReader reader(out, loader, from);
  for (size_t i = 0; i < segments.size(); ++i) {
    if (i + 1 < segments.size() && segments[i + 1].first <= from) {
      continue;  // wholly below the snapshot
    }
    CO_TRY(const Bytes bytes,
           co_await files().read_file(fmt::format("{}/{}", directory, segments[i].second), file_bytes_max));
    CO_TRY(reader.read(bytes));
  }
  out.image = loader.image();
  co_return out;
}

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
                          const std::optional<std::string>& cluster_id) {
  if (properties.node_id && *properties.node_id != node) {
    return fail(Errc::InvalidConfig,
                fmt::format("{} belongs to node {}, and this is node {}; set node.id={} or choose "
                            "another data directory",
                            path, properties.node_id->raw(), node.raw(), properties.node_id->raw()));
  }
  if (cluster_id && properties.cluster_id && *properties.cluster_id != *cluster_id) {
    return fail(Errc::InvalidConfig,
                fmt::format("{} belongs to the cluster {}, and this is the cluster {}; choose another "
                            "data directory",
                            path, *properties.cluster_id, *cluster_id));
  }
  return {};
}

}  // namespace odradek::controller
