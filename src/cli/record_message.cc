#include "cli/record_message.h"

#include <array>
#include <utility>

#include <fmt/format.h>
#include <boost/json/value.hpp>

#include "base/varint.h"
#include "cli/codec_line.h"
#include "protocol/json.h"
#include "protocol/message_type.h"

namespace odradek::cli {

namespace json = boost::json;

namespace {

using protocol::MessageType;
using record::ControlType;

constexpr uint32_t metadata_frame_version = 1;
// Brokers write them in no other, although LeaderChangeMessage has a version 1.
constexpr int16_t control_version = 0;

// The other logs of brokers number their records from 0 too, so a number alone does not tell the message.
constexpr std::array<std::string_view, 26> metadata_messages{
    "RegisterBrokerRecord",
    "UnregisterBrokerRecord",
    "TopicRecord",
    "PartitionRecord",
    "ConfigRecord",
    "PartitionChangeRecord",
    "FenceBrokerRecord",
    "UnfenceBrokerRecord",
    "RemoveTopicRecord",
    "DelegationTokenRecord",
    "UserScramCredentialRecord",
    "FeatureLevelRecord",
    "ClientQuotaRecord",
    "ProducerIdsRecord",
    "BrokerRegistrationChangeRecord",
    "AccessControlEntryRecord",
    "RemoveAccessControlEntryRecord",
    "NoOpRecord",
    "ZkMigrationStateRecord",
    "RemoveUserScramCredentialRecord",
    "BeginTransactionRecord",
    "EndTransactionRecord",
    "AbortTransactionRecord",
    "RemoveDelegationTokenRecord",
    "RegisterControllerRecord",
    "ClearElrRecord",
};

struct ControlName {
  std::string_view type;
  std::string_view message;  // empty where describe_batches() decodes the value
};

ControlName control_name(ControlType type) {
  switch (type) {
    case ControlType::Abort: return {"ABORT", {}};
    case ControlType::Commit: return {"COMMIT", {}};
    case ControlType::LeaderChange: return {"LEADER_CHANGE", "LeaderChangeMessage"};
    case ControlType::SnapshotHeader: return {"SNAPSHOT_HEADER", "SnapshotHeaderRecord"};
    case ControlType::SnapshotFooter: return {"SNAPSHOT_FOOTER", "SnapshotFooterRecord"};
    case ControlType::KRaftVersion: return {"KRAFT_VERSION", "KRaftVersionRecord"};
    case ControlType::KRaftVoters: return {"KRAFT_VOTERS", "VotersRecord"};
  }
  unreachable();
}

Result<uint32_t> take_number(ByteView& in) {
  uint32_t number = 0;
  const size_t used = read_unsigned_varint(in, number);
  if (used == 0) {
    return fail(Errc::CorruptMessage, "a metadata record ends inside its frame");
  }
  in = in.subspan(used);
  return number;
}

Result<const MessageType*> metadata_type(uint32_t number) {
  for (const std::string_view name : metadata_messages) {
    const MessageType* type = protocol::find_message_type(name);
    ensure(type != nullptr, "a metadata record without its message");
    if (static_cast<uint32_t>(type->key) == number) {
      return type;
    }
  }
  return fail(Errc::UnsupportedVersion, fmt::format("no metadata record has the type {}", number));
}

Result<json::object> read_metadata(ByteView stored) {
  TRY(const uint32_t frame_version, take_number(stored));
  if (frame_version != metadata_frame_version) {
    return fail(Errc::UnsupportedVersion, fmt::format("a metadata record with frame version {}", frame_version));
  }
  TRY(const uint32_t number, take_number(stored));
  TRY(const uint32_t version, take_number(stored));
  TRY(const MessageType* type, metadata_type(number));
  if (version > static_cast<uint32_t>(type->max_version)) {
    return fail(Errc::UnsupportedVersion, fmt::format("version {} of {}", version, type->name));
  }
  protocol::Reader in(stored);
  TRY(json::value data, protocol::read_json(*type, in, static_cast<int16_t>(version)));
  return json::object{{"name", type->name}, {"type", number}, {"version", version}, {"data", std::move(data)}};
}

}  // namespace

json::object control_json(const record::RecordDescription& record) {
  if (!record.control_type) {
    return {{"type", record.control_number.value_or(-1)}};
  }
  const ControlName name = control_name(*record.control_type);
  json::object out{{"type", name.type}};
  if (record.marker) {
    out.emplace("coordinatorEpoch", record.marker->coordinator_epoch);
  }
  if (!name.message.empty()) {
    const MessageType* type = protocol::find_message_type(name.message);
    ensure(type != nullptr, "a control record without its message");
    protocol::Reader in(record.value ? ByteView(*record.value) : ByteView());
    Result<json::value> message = protocol::read_json(*type, in, control_version);
    if (message) {
      out.emplace("message", *std::move(message));
    } else {
      out.emplace("error", error_text(message.error()));
    }
  }
  return out;
}

json::object metadata_json(ByteView stored) {
  Result<json::object> message = read_metadata(stored);
  return message ? *std::move(message) : json::object{{"error", error_text(message.error())}};
}

}  // namespace odradek::cli
