#include <thread>

#include <fmt/format.h>

#include "load/groups.h"
#include "load/pipeline.h"
#include "load/process.h"
#include "load/report.h"
#include "load/workloads.h"

namespace odradek::bench {
namespace {

constexpr std::chrono::seconds patience{120};

// A client of one group, or of several where there are fewer connections than groups.
class Committer : public Asker {
 public:
  Committer(std::vector<Bytes> frames, size_t requests, Latencies& latencies)
      : frames_(std::move(frames)), requests_(requests), latencies_(latencies) {}

  [[nodiscard]] ByteView next_request(Clock::time_point due) override {
    if (sent_.size() == requests_) {
      return {};
    }
    sent_.push_back(due);
    return frames_[(sent_.size() - 1) % frames_.size()];
  }

  void on_answer(ByteView frame) override {
    must_be_none(commit_error(frame), "offset commit");
    latencies_.add(Clock::now() - sent_[answered_]);
    ++answered_;
  }

 private:
  std::vector<Bytes> frames_;  // its groups' in turn
  size_t requests_;
  Latencies& latencies_;  // of all connections
  std::vector<Clock::time_point> sent_;
  size_t answered_ = 0;
};

// What the connection of that number commits: each group comes back to a partition with another offset every time but
// the first.
std::vector<Bytes> frames_of(int connection, const CommitLoad& load, const std::vector<std::string>& groups) {
  std::vector<Bytes> frames;
  const int32_t turns = load.partitions / load.partitions_per_commit;
  for (int32_t turn = 0; turn < turns; ++turn) {
    for (size_t group = static_cast<size_t>(connection) % groups.size(); group < groups.size();
         group += static_cast<size_t>(load.connections)) {
      frames.push_back(commit_frame({.group = groups[group],
                                     .topic = load.topic,
                                     .first = turn * load.partitions_per_commit,
                                     .partitions = load.partitions_per_commit,
                                     .offset = turn + 1}));
    }
  }
  return frames;
}

void wait_for_commit(Connection& broker, const std::string& group, const CommitLoad& load) {
  const auto begin = Clock::now();
  for (;;) {
    const auto offset = committed_offset(broker, group, load.topic, 0);
    if (offset && *offset < 0) {
      give_up(fmt::format("the offset group {} committed is gone", group));
    }
    if (offset) {
      return;
    }
    if (Clock::now() - begin > patience) {
      give_up(fmt::format("group {} has no coordinator", group));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

void run_commits(const Target& target, const CommitLoad& load) {
  const auto groups = group_names(load.group, load.groups);
  Connection broker(target.endpoint);
  const TopicSet set{.name = load.topic, .partitions = load.partitions};
  create_topics(broker, set);
  wait_until_led(broker, set, patience);
  wait_until_coordinated(broker, groups);

  Latencies latencies;
  std::vector<std::unique_ptr<Asker>> committers;
  const auto first_of = [&load](int connection) {
    return load.commits * static_cast<size_t>(connection) / static_cast<size_t>(load.connections);
  };
  for (int i = 0; i < load.connections; ++i) {
    committers.push_back(
        std::make_unique<Committer>(frames_of(i, load, groups), first_of(i + 1) - first_of(i), latencies));
  }
  const double cpu_before = cpu_seconds_of(target.pid);
  const auto begin = Clock::now();
  run_pipeline(target.endpoint, committers, {.depth = load.depth, .rate = load.rate});

  const double seconds = seconds_since(begin);
  const double cpu = cpu_seconds_of(target.pid) - cpu_before;
  const auto commits = static_cast<double>(load.commits);
  Report report("commits");
  report.add("seconds", seconds);
  report.add("commits", uint64_t{load.commits});
  report.add("commits_per_s", commits / seconds);
  latencies.report(report);
  if (target.pid != 0) {
    report.add("cpu_s", cpu);
    report.add("commits_per_cpu_s", commits / cpu);
    report.add("rss_mb", static_cast<double>(resident_bytes_of(target.pid)) / 1e6);
  }
  report.print();
}

void run_commits_ready(const Target& target, const CommitLoad& load) {
  const auto groups = group_names(load.group, load.groups);
  Connection broker(dial_patiently(target.endpoint, patience));
  wait_for_commit(broker, groups.front(), load);
  Report report("commits-ready");
  report.add("first_offset_wall_ms", wall_ms());
  for (const std::string& group : groups) {
    wait_for_commit(broker, group, load);
  }
  report.add("all_offsets_wall_ms", wall_ms());
  report.print();
}

}  // namespace odradek::bench
