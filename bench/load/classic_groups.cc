#include <thread>

#include <fmt/format.h>

#include "load/groups.h"
#include "load/process.h"
#include "load/report.h"
#include "load/workloads.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/sync_group.h"

namespace odradek::bench {
namespace {

using protocol::Text;

constexpr int16_t version = 3;  // of all three: the last in which a member needs no second question for its id
constexpr int32_t session_ms = 45'000;
constexpr std::chrono::milliseconds heartbeat_interval{3000};  // a client's default

struct Membership {
  std::string group;
  std::string member;
  int32_t generation = -1;
};

// The one member of its group, and so its leader.
Membership join(Connection& broker, const std::string& group) {
  const Bytes subscription{0, 1, 0, 0, 0, 0, 0, 0, 0, 0};  // version 1, no topics, no data, none owned
  protocol::JoinGroupRequest request;
  request.group_id = Text(std::string_view(group));
  request.session_timeout_ms = session_ms;
  request.rebalance_timeout_ms = session_ms;
  request.member_id = Text(std::string_view());
  request.protocol_type = Text("consumer");
  auto& range = request.protocols.emplace_back();
  range.name = Text("range");
  range.metadata = Blob(Bytes(subscription));
  const auto joined = broker.call<protocol::JoinGroupResponse>(request, version);
  must_be_none(joined.error_code, "join group");
  Membership membership{
      .group = group, .member = std::string(joined.member_id.view()), .generation = joined.generation_id};

  protocol::SyncGroupRequest sync;
  sync.group_id = Text(std::string_view(group));
  sync.generation_id = membership.generation;
  sync.member_id = Text(std::string_view(membership.member));
  auto& assignment = sync.assignments.emplace_back();
  assignment.member_id = sync.member_id;
  assignment.assignment = Blob(Bytes(subscription));
  const auto synced = broker.call<protocol::SyncGroupResponse>(sync, version);
  must_be_none(synced.error_code, "sync group");
  return membership;
}

Bytes heartbeat_frame(const Membership& membership) {
  protocol::HeartbeatRequest request;
  request.group_id = Text(std::string_view(membership.group));
  request.generation_id = membership.generation;
  request.member_id = Text(std::string_view(membership.member));
  return must(protocol::request_frame(request, version, 0, Text(Connection::client_id)), "heartbeat").flatten();
}

// One heartbeat of every group in each interval, evenly spread; the number of them.
uint64_t heartbeat(std::vector<Connection>& connections, const std::vector<Bytes>& frames, double seconds) {
  const auto begin = Clock::now();
  const size_t in_turn = connections.size();
  const auto pause = heartbeat_interval * in_turn / frames.size();
  uint64_t sent = 0;
  for (auto turn = begin; seconds_since(begin) < seconds; turn += pause) {
    std::this_thread::sleep_until(turn);
    for (size_t i = 0; i < in_turn; ++i) {
      connections[i].send(frames[(sent + i) % frames.size()]);
    }
    for (Connection& connection : connections) {
      const auto answer = connection.receive();
      if (!answer) {
        give_up("the broker closed the connection");
      }
      must_be_none(Connection::read_answer<protocol::HeartbeatResponse>(*answer, version).error_code, "heartbeat");
    }
    sent += in_turn;
  }
  return sent;
}

void make_groups(Connection& broker, const std::vector<std::string>& names, std::vector<Bytes>& heartbeats) {
  for (const std::string& name : names) {
    heartbeats.push_back(heartbeat_frame(join(broker, name)));
  }
}

}  // namespace

void run_classic_groups(const Target& target, const ClassicGroupsLoad& load) {
  constexpr int first = 500;  // what these cost, every broker pays once
  Connection broker(target.endpoint);
  const auto warm = group_names(load.group + "-warm", first);
  wait_until_coordinated(broker, warm);
  std::vector<Bytes> heartbeats;
  make_groups(broker, warm, heartbeats);
  heartbeats.clear();
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  const uint64_t before = resident_bytes_of(target.pid);
  const auto begin = Clock::now();
  make_groups(broker, group_names(load.group, load.groups), heartbeats);
  const double joined = seconds_since(begin);
  std::vector<Connection> connections;
  for (int i = 0; i < load.connections; ++i) {
    connections.emplace_back(target.endpoint);
  }
  heartbeat(connections, heartbeats, 3);
  const uint64_t after = resident_bytes_of(target.pid);
  const double cpu_before = cpu_seconds_of(target.pid);
  const uint64_t sent = heartbeat(connections, heartbeats, load.seconds);
  const double cpu = cpu_seconds_of(target.pid) - cpu_before;

  Report report("classic-groups");
  report.add("groups", static_cast<uint64_t>(load.groups));
  report.add("joined_s", joined);
  report.add("heartbeats_per_s", static_cast<double>(sent) / load.seconds);
  if (target.pid != 0) {
    const double grown = static_cast<double>(after) - static_cast<double>(before);
    report.add("bytes_per_group", grown / load.groups);
    report.add("rss_mb", static_cast<double>(after) / 1e6);
    report.add("cpu_percent", cpu / load.seconds * 100);
    report.add("cpu_us_per_heartbeat", cpu * 1e6 / static_cast<double>(sent));
  }
  report.print();
}

}  // namespace odradek::bench
