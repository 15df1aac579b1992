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

constexpr int16_t version = 3;           // of all three: the last in which a member needs no second question for its id
constexpr int32_t session_ms = 300'000;  // the first group's lasts until the last has joined
constexpr std::chrono::milliseconds usual_interval{3000};  // between two heartbeats of a client
constexpr std::chrono::milliseconds short_interval{1000};  // while nothing is measured yet
constexpr double settling_seconds = 6;

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

// A group's one member, over a connection of its own as every client has.
class Member {
 public:
  Member(const Endpoint& endpoint, Bytes heartbeat)
      : connection_(endpoint, answer_bytes_max), heartbeat_(std::move(heartbeat)) {}

  void send() { connection_.send(heartbeat_); }
  void receive() {
    const auto answer = connection_.receive();
    if (!answer) {
      give_up("the broker closed the connection");
    }
    must_be_none(Connection::read_answer<protocol::HeartbeatResponse>(*answer, version).error_code, "heartbeat");
  }

 private:
  static constexpr size_t answer_bytes_max = 512;

  Connection connection_;
  Bytes heartbeat_;  // size first
};

std::vector<Member> dial_all(const Endpoint& endpoint, std::vector<Bytes> heartbeats) {
  std::vector<Member> members;
  members.reserve(heartbeats.size());
  for (Bytes& heartbeat : heartbeats) {
    Member& member = members.emplace_back(endpoint, std::move(heartbeat));
    member.send();  // at once, and alone: no more connections wait to be accepted than a listener lets
    member.receive();
  }
  return members;
}

// One heartbeat of every member in each interval, spread over it, some at a time; the number of them.
uint64_t heartbeat(std::vector<Member>& members, std::chrono::nanoseconds interval, double seconds) {
  const auto begin = Clock::now();
  const size_t together = std::min<size_t>(members.size(), 100);
  const auto pause = interval * together / members.size();
  uint64_t sent = 0;
  for (auto turn = begin; seconds_since(begin) < seconds; turn += pause) {
    std::this_thread::sleep_until(turn);
    for (size_t i = 0; i < together; ++i) {
      members[(sent + i) % members.size()].send();
    }
    for (size_t i = 0; i < together; ++i) {
      members[(sent + i) % members.size()].receive();
    }
    sent += together;
  }
  return sent;
}

struct Heartbeats {
  double rate = 0;         // of all, per second
  double cpu_us_each = 0;  // of the broker's
  double cpu_percent = 0;
};

Heartbeats measure_heartbeats(const Target& target, std::vector<Bytes> frames, double seconds) {
  std::vector<Member> members = dial_all(target.endpoint, std::move(frames));
  heartbeat(members, short_interval, settling_seconds);
  const double before = cpu_seconds_of(target.pid);
  const auto sent = static_cast<double>(heartbeat(members, usual_interval, seconds));
  const double cpu = cpu_seconds_of(target.pid) - before;
  return {.rate = sent / seconds, .cpu_us_each = cpu * 1e6 / sent, .cpu_percent = cpu / seconds * 100};
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
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  const uint64_t after = resident_bytes_of(target.pid);
  const Heartbeats measured = measure_heartbeats(target, std::move(heartbeats), load.seconds);

  Report report("classic-groups");
  report.add("groups", static_cast<uint64_t>(load.groups));
  report.add("joined_s", joined);
  report.add("heartbeats_per_s", measured.rate);
  if (target.pid != 0) {
    const double grown = static_cast<double>(after) - static_cast<double>(before);
    report.add("bytes_per_group", grown / load.groups);
    report.add("rss_mb", static_cast<double>(after) / 1e6);
    report.add("cpu_percent", measured.cpu_percent);
    report.add("cpu_us_per_heartbeat", measured.cpu_us_each);
  }
  report.print();
}

void run_heartbeat_floor(const Target& floor, const ClassicGroupsLoad& load) {
  std::vector<Bytes> heartbeats;
  for (std::string& name : group_names(load.group, load.groups)) {
    const std::string member = fmt::format("{}-00000000-0000-0000-0000-000000000000", Connection::client_id);
    heartbeats.push_back(heartbeat_frame({.group = std::move(name), .member = member, .generation = 1}));
  }
  const Heartbeats measured = measure_heartbeats(floor, std::move(heartbeats), load.seconds);

  Report report("limit heartbeats");
  report.add("heartbeats_per_s", measured.rate);
  report.add("cpu_us_per_heartbeat", measured.cpu_us_each);
  report.print();
}

}  // namespace odradek::bench
