#include "controller/voter_set.h"

#include "protocol/reader.h"
#include "protocol/records/kraft_version_record.h"
#include "protocol/records/leader_change_message.h"
#include "protocol/records/voters_record.h"
#include "protocol/writer.h"
#include "record/control_record.h"

namespace odradek::controller {

namespace {

template <typename Message>
Bytes encode(const Message& message) {
  protocol::Writer out;
  message.encode(out, 0);
  Result<Bytes> bytes = std::move(out).finish_bytes();
  ensure(bytes.has_value(), "a control record of ours that cannot be written");
  return *std::move(bytes);
}

template <typename Message>
Result<Message> decode(const std::optional<ByteView>& value) {
  if (!value) {
    return fail(Errc::CorruptMessage, "a control record without a value");
  }
  protocol::Reader in(*value);
  Result<Message> message = Message::decode(in, 0);
  if (!message) {
    return fail(Errc::CorruptMessage, std::move(message).error().message);
  }
  return message;
}

std::vector<Voter> voters_of(const protocol::VotersRecord& message) {
  std::vector<Voter> voters;
  for (const auto& one : message.voters) {
    Voter& voter = voters.emplace_back();
    voter.id = NodeId(one.voter_id);
    voter.directory = DirectoryId(one.voter_directory_id);
    for (const auto& endpoint : one.endpoints) {
      voter.endpoints.push_back({.listener = endpoint.name.str(), .host = endpoint.host.str(), .port = endpoint.port});
    }
    voter.kraft_version_min = one.kraft_version_feature.min_supported_version;
    voter.kraft_version_max = one.kraft_version_feature.max_supported_version;
  }
  return voters;
}

}  // namespace

Result<> QuorumFacts::take(const record::RecordView& control) {
  TRY(const std::optional<record::ControlType> type, record::parse_control_type(control));
  if (type == record::ControlType::KRaftVersion) {
    TRY(const auto message, decode<protocol::KRaftVersionRecord>(control.value));
    kraft_version = message.kraft_version;
  } else if (type == record::ControlType::KRaftVoters) {
    TRY(const auto message, decode<protocol::VotersRecord>(control.value));
    voters = voters_of(message);
  }
  return {};
}

Bytes kraft_version_value(int16_t kraft_version) {
  protocol::KRaftVersionRecord message;
  message.kraft_version = kraft_version;
  return encode(message);
}

Bytes voters_value(const std::vector<Voter>& voters) {
  protocol::VotersRecord message;
  for (const Voter& voter : voters) {
    auto& out = message.voters.emplace_back();
    out.voter_id = voter.id.raw();
    out.voter_directory_id = voter.directory.uuid();
    for (const VoterEndpoint& endpoint : voter.endpoints) {
      auto& place = out.endpoints.emplace_back();
      place.name = std::string_view(endpoint.listener);
      place.host = std::string_view(endpoint.host);
      place.port = endpoint.port;
    }
    out.kraft_version_feature.min_supported_version = voter.kraft_version_min;
    out.kraft_version_feature.max_supported_version = voter.kraft_version_max;
  }
  return encode(message);
}

Bytes leader_change_value(NodeId leader, const std::vector<NodeId>& voters) {
  protocol::LeaderChangeMessage message;
  message.leader_id = leader.raw();
  for (const NodeId voter : voters) {
    message.voters.emplace_back().voter_id = voter.raw();
    message.granting_voters.emplace_back().voter_id = voter.raw();
  }
  return encode(message);
}

}  // namespace odradek::controller
