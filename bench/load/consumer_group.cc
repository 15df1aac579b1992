#include <poll.h>

#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "load/groups.h"
#include "load/process.h"
#include "load/report.h"
#include "load/workloads.h"
#include "protocol/messages/consumer_group_heartbeat.h"

namespace odradek::bench {
namespace {

using protocol::ErrorCode;
using protocol::Text;

constexpr int16_t version = 0;
constexpr int32_t rebalance_ms = 300'000;
constexpr std::chrono::seconds patience{120};

// One member with a connection of its own, which does what a client does: it takes what it is told at once, says so
// at once, and otherwise waits out the interval it is told.
class Member {
 public:
  Member(const ConsumerGroupLoad& load, const Endpoint& endpoint, int number)
      : load_(load), id_(fmt::format("member-{:06}-{}", number, load.group)), socket_(dial(endpoint)), line_(socket_) {}

  [[nodiscard]] int socket() const { return socket_; }
  [[nodiscard]] bool waits_for_answer() const { return is_asking_; }
  [[nodiscard]] Clock::time_point due() const { return due_; }
  // What it has, and has said it has.
  [[nodiscard]] const std::vector<int32_t>& told() const { return told_; }

  void ask() {
    protocol::ConsumerGroupHeartbeatRequest request;
    request.group_id = Text(std::string_view(load_.group));
    request.member_id = Text(std::string_view(id_));
    request.member_epoch = epoch_;
    if (epoch_ == 0) {
      request.rebalance_timeout_ms = rebalance_ms;
      request.subscribed_topic_names.emplace().emplace_back(std::string_view(load_.topic));
    }
    if (epoch_ == 0 || has_news_) {
      auto& owned = request.topic_partitions.emplace();
      if (!owned_.empty()) {
        auto& topic = owned.emplace_back();
        topic.topic_id = topic_id_;
        topic.partitions = owned_;
      }
      said_ = owned_;
      has_news_ = false;
    }
    const Text client(Connection::client_id);
    line_.send(must(protocol::request_frame(request, version, 0, client), "heartbeat").flatten());
    is_asking_ = true;
  }

  void take_answer() {
    const auto frame = line_.receive();
    if (!frame) {
      give_up("the broker closed the connection");
    }
    const auto answer = Connection::read_answer<protocol::ConsumerGroupHeartbeatResponse>(*frame, version);
    is_asking_ = false;
    if (is_not_ready(answer.error_code)) {
      due_ = Clock::now() + std::chrono::milliseconds(100);
      return;
    }
    must_be_none(answer.error_code, "consumer group heartbeat");
    told_ = said_;
    epoch_ = answer.member_epoch;
    due_ = Clock::now() + std::chrono::milliseconds(answer.heartbeat_interval_ms);
    if (answer.assignment) {
      take(*answer.assignment);
    }
  }

 private:
  void take(const protocol::ConsumerGroupHeartbeatResponse::Assignment& assignment) {
    owned_.clear();
    for (const auto& topic : assignment.topic_partitions) {
      topic_id_ = topic.topic_id;
      owned_ = topic.partitions;
    }
    has_news_ = true;
    due_ = Clock::now();
  }

  const ConsumerGroupLoad& load_;
  std::string id_;
  int socket_;
  Connection line_;
  int32_t epoch_ = 0;
  Uuid topic_id_{};
  std::vector<int32_t> owned_;
  std::vector<int32_t> said_;  // in the last request that named any
  std::vector<int32_t> told_;  // said, and answered
  bool has_news_ = false;
  bool is_asking_ = false;
  Clock::time_point due_ = Clock::now();
};

using Members = std::vector<std::unique_ptr<Member>>;

// Every partition has one owner, and no member much more than its share.
bool is_converged(const Members& members, int32_t partitions) {
  const auto share = (static_cast<size_t>(partitions) + members.size() - 1) / members.size();
  std::vector<bool> is_owned(static_cast<size_t>(partitions));
  size_t owned = 0;
  for (const auto& member : members) {
    if (member->told().size() > share) {
      return false;
    }
    for (const int32_t index : member->told()) {
      if (is_owned[static_cast<size_t>(index)]) {
        return false;
      }
      is_owned[static_cast<size_t>(index)] = true;
      ++owned;
    }
  }
  return owned == is_owned.size();
}

// Each asks when it is time to, and takes what is answered; ends after the first pause in which nothing is due.
void play(const Members& members) {
  std::vector<pollfd> polled;
  std::vector<Member*> asking;
  for (const auto& member : members) {
    if (!member->waits_for_answer() && member->due() <= Clock::now()) {
      member->ask();
    }
    if (member->waits_for_answer()) {
      polled.push_back({.fd = member->socket(), .events = POLLIN, .revents = 0});
      asking.push_back(member.get());
    }
  }
  ::poll(polled.data(), polled.size(), 5);
  for (size_t i = 0; i < polled.size(); ++i) {
    if (polled[i].revents != 0) {
      asking[i]->take_answer();
    }
  }
}

}  // namespace

void run_consumer_group(const Target& target, const ConsumerGroupLoad& load) {
  Connection broker(target.endpoint);
  const TopicSet set{.name = load.topic, .partitions = load.partitions};
  create_topics(broker, set);
  wait_until_led(broker, set, patience);
  wait_until_coordinated(broker, {load.group});
  Members members;
  for (int i = 0; i < load.members; ++i) {
    members.push_back(std::make_unique<Member>(load, target.endpoint, i));
  }

  const double cpu_before = cpu_seconds_of(target.pid);
  const auto begin = Clock::now();
  while (!is_converged(members, load.partitions)) {
    if (Clock::now() - begin > patience) {
      give_up("the group does not converge");
    }
    play(members);
  }
  const double converged = seconds_since(begin);
  const double cpu_converging = cpu_seconds_of(target.pid) - cpu_before;
  const auto settle = [&members](double seconds) {
    for (const auto from = Clock::now(); seconds_since(from) < seconds;) {
      play(members);
    }
  };
  settle(6);  // the last heartbeats of an interval in which something happened
  const double cpu_at_rest = cpu_seconds_of(target.pid);
  settle(load.seconds);

  Report report("consumer-group");
  report.add("members", static_cast<uint64_t>(load.members));
  report.add("converged_s", converged);
  report.add("still_converged", uint64_t{is_converged(members, load.partitions)});
  if (target.pid != 0) {
    report.add("converging_cpu_s", cpu_converging);
    report.add("rest_cpu_percent", (cpu_seconds_of(target.pid) - cpu_at_rest) / load.seconds * 100);
    report.add("rss_mb", static_cast<double>(resident_bytes_of(target.pid)) / 1e6);
  }
  report.print();
}

}  // namespace odradek::bench
