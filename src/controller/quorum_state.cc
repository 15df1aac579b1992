#include "controller/quorum_state.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/json.hpp>

namespace odradek::controller {

namespace {

Error corrupt(std::string_view why) { return {Errc::CorruptMessage, fmt::format("quorum-state {}", why)}; }

Result<int64_t> number(const boost::json::object& object, std::string_view name, int64_t absent) {
  const boost::json::value* value = object.if_contains(name);
  if (value == nullptr) {
    return absent;
  }
  const int64_t* number = value->if_int64();
  if (number == nullptr || *number < INT32_MIN || *number > INT32_MAX) {
    return std::unexpected(corrupt(fmt::format("has no number for {}", name)));
  }
  return *number;
}

Result<std::vector<NodeId>> voters_of(const boost::json::object& object) {
  std::vector<NodeId> voters;
  const boost::json::value* list = object.if_contains("currentVoters");
  if (list == nullptr || list->is_null()) {
    return voters;
  }
  if (!list->is_array()) {
    return std::unexpected(corrupt("has no list of voters"));
  }
  for (const boost::json::value& voter : list->get_array()) {
    if (!voter.is_object()) {
      return std::unexpected(corrupt("has a voter that is no object"));
    }
    TRY(const int64_t id, number(voter.get_object(), "voterId", -1));
    voters.emplace_back(static_cast<int32_t>(id));
  }
  return voters;
}

}  // namespace

Result<QuorumState> QuorumState::parse(std::string_view text) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(boost::json::string_view(text.data(), text.size()), error);
  if (error || !value.is_object()) {
    return std::unexpected(corrupt("is not a JSON object"));
  }
  const boost::json::object& object = value.get_object();
  QuorumState state;
  TRY(const int64_t version, number(object, "data_version", -1));
  if (version > 1) {
    return fail(Errc::UnsupportedVersion, fmt::format("quorum-state has data_version {}, and this version of odradek "
                                                      "reads 0 and 1; use a newer one",
                                                      version));
  }
  if (version < 0) {
    return std::unexpected(corrupt("has no data_version"));
  }
  state.data_version = static_cast<int16_t>(version);
  TRY(const int64_t leader, number(object, "leaderId", -1));
  TRY(const int64_t epoch, number(object, "leaderEpoch", -1));
  TRY(const int64_t voted, number(object, "votedId", -1));
  if (epoch < 0) {
    return std::unexpected(corrupt("has no leaderEpoch"));
  }
  state.leader = NodeId(static_cast<int32_t>(leader));
  state.epoch = LeaderEpoch(static_cast<int32_t>(epoch));
  state.voted = NodeId(static_cast<int32_t>(voted));
  if (const boost::json::value* directory = object.if_contains("votedDirectoryId");
      directory != nullptr && directory->is_string()) {
    const auto& id = directory->get_string();
    TRY(const Uuid uuid, Uuid::parse({id.data(), id.size()}));
    state.voted_directory = DirectoryId(uuid);
  }
  if (const boost::json::value* cluster = object.if_contains("clusterId"); cluster != nullptr && cluster->is_string()) {
    const auto& id = cluster->get_string();
    state.cluster_id.assign(id.data(), id.size());
  }
  TRY(state.voters, voters_of(object));
  return state;
}

std::string QuorumState::text() const {
  if (data_version == 0) {
    std::vector<std::string> list;
    for (const NodeId voter : voters) {
      list.push_back(fmt::format("{{\"voterId\":{}}}", voter.raw()));
    }
    return fmt::format(
        "{{\"clusterId\":{},\"leaderId\":{},\"leaderEpoch\":{},\"votedId\":{},\"appliedOffset\":0,"
        "\"currentVoters\":[{}],\"data_version\":0}}",
        boost::json::serialize(boost::json::value(cluster_id.c_str())).c_str(), leader.raw(), epoch.raw(), voted.raw(),
        fmt::join(list, ","));
  }
  return fmt::format(
      "{{\"leaderId\":{},\"leaderEpoch\":{},\"votedId\":{},\"votedDirectoryId\":\"{}\",\"data_version\":1}}",
      leader.raw(), epoch.raw(), voted.raw(), voted_directory.uuid().text());
}

}  // namespace odradek::controller
