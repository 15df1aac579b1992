#include "coordinator/group/consumer_member.h"

#include <algorithm>

namespace odradek::coordinator {

namespace {

std::optional<protocol::Text> view_of(const std::optional<std::string>& text) {
  return text ? std::optional<protocol::Text>(std::string_view(*text)) : std::nullopt;
}

std::optional<std::string> string_of(const std::optional<protocol::Text>& text) {
  return text ? std::optional<std::string>(text->str()) : std::nullopt;
}

ConsumerMember::State state_of(int8_t stored) {
  switch (stored) {
    case 0: return ConsumerMember::State::Stable;
    case 1: return ConsumerMember::State::UnrevokedPartitions;
    case 2: return ConsumerMember::State::UnreleasedPartitions;
    default: return ConsumerMember::State::Unknown;
  }
}

}  // namespace

bool ConsumerMember::has_same_metadata(const ConsumerMember& other) const {
  return instance_id == other.instance_id && rack_id == other.rack_id && client_id == other.client_id &&
         client_host == other.client_host && topics == other.topics && regex == other.regex &&
         rebalance_timeout == other.rebalance_timeout && assignor == other.assignor && classic == other.classic;
}

bool ConsumerMember::has_same_assignment(const ConsumerMember& other) const {
  return epoch == other.epoch && previous_epoch == other.previous_epoch && state == other.state &&
         assigned == other.assigned && pending_revocation == other.pending_revocation;
}

ConsumerMemberChange ConsumerMember::metadata_change(std::string_view group_id) const {
  ConsumerMemberChange change;
  change.key = {.group_id = group_id, .member_id = std::string_view(id)};
  ConsumerMemberChange::Value& value = change.value.emplace();
  value.instance_id = view_of(instance_id);
  value.rack_id = view_of(rack_id);
  value.client_id = std::string_view(client_id);
  value.client_host = std::string_view(client_host);
  for (const std::string& topic : topics) {
    value.subscribed_topic_names.emplace_back(std::string_view(topic));
  }
  value.subscribed_topic_regex = std::string_view(regex);
  value.rebalance_timeout_ms = static_cast<int32_t>(rebalance_timeout.count());
  value.server_assignor = view_of(assignor);
  value.classic_member_metadata = std::nullopt;
  if (classic) {
    auto& metadata = value.classic_member_metadata.emplace();
    metadata.session_timeout_ms = static_cast<int32_t>(classic->session_timeout.count());
    for (const ClassicProtocols::Protocol& one : classic->supported) {
      metadata.supported_protocols.push_back(
          {.name = std::string_view(one.name), .metadata = Blob(ByteView(one.metadata)), .unknown_tags = {}});
    }
  }
  return change;
}

ConsumerCurrentChange ConsumerMember::current_change(std::string_view group_id) const {
  ConsumerCurrentChange change;
  change.key = {.group_id = group_id, .member_id = std::string_view(id)};
  ConsumerCurrentChange::Value& value = change.value.emplace();
  value.member_epoch = epoch;
  value.previous_member_epoch = previous_epoch;
  value.state = static_cast<int8_t>(state);
  value.assigned_partitions = assigned.stored();
  value.partitions_pending_revocation = pending_revocation.stored();
  return change;
}

void ConsumerMember::replay(const ConsumerMemberChange::Value& value) {
  instance_id = string_of(value.instance_id);
  rack_id = string_of(value.rack_id);
  client_id = value.client_id.str();
  client_host = value.client_host.str();
  topics.clear();
  for (const protocol::Text& topic : value.subscribed_topic_names) {
    topics.push_back(topic.str());
  }
  std::ranges::sort(topics);
  topics.erase(std::ranges::unique(topics).begin(), topics.end());
  regex = value.subscribed_topic_regex ? value.subscribed_topic_regex->str() : std::string();
  rebalance_timeout = std::chrono::milliseconds(value.rebalance_timeout_ms);
  assignor = string_of(value.server_assignor);
  classic.reset();
  if (value.classic_member_metadata) {
    classic.emplace().session_timeout = std::chrono::milliseconds(value.classic_member_metadata->session_timeout_ms);
    for (const auto& one : value.classic_member_metadata->supported_protocols) {
      const ByteView metadata = one.metadata.view();
      classic->supported.push_back({.name = one.name.str(), .metadata = Bytes(metadata.begin(), metadata.end())});
    }
  }
}

void ConsumerMember::replay(const ConsumerCurrentChange::Value& value) {
  epoch = value.member_epoch;
  previous_epoch = value.previous_member_epoch;
  state = state_of(value.state);
  assigned = OwnedPartitions(value.assigned_partitions, epoch);
  pending_revocation = OwnedPartitions(value.partitions_pending_revocation, epoch);
}

}  // namespace odradek::coordinator
