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

// What all connections of one run share.
struct Run {
  std::vector<Bytes> frames;  // the groups' in turn
  size_t requests_max = 0;
  size_t requests = 0;
  Latencies latencies;
};

class Committer : public Asker {
 public:
  explicit Committer(Run& run) : run_(run) {}

  [[nodiscard]] ByteView next_request() override {
    if (run_.requests == run_.requests_max) {
      return {};
    }
    sent_.push_back(Clock::now());
    return run_.frames[run_.requests++ % run_.frames.size()];
  }

  void on_answer(ByteView frame) override {
    must_be_none(commit_error(frame), "offset commit");
    run_.latencies.add(Clock::now() - sent_[answered_]);
    ++answered_;
  }

 private:
  Run& run_;
  std::vector<Clock::time_point> sent_;
  size_t answered_ = 0;
};

// Each group comes back to a partition with another offset every time but the first.
Run prepare(const CommitLoad& load, const std::vector<std::string>& groups) {
  Run run;
  run.requests_max = load.commits;
  const int32_t turns = load.partitions / load.partitions_per_commit;
  for (int32_t turn = 0; turn < turns; ++turn) {
    for (const std::string& group : groups) {
      run.frames.push_back(commit_frame({.group = group,
                                         .topic = load.topic,
                                         .first = turn * load.partitions_per_commit,
                                         .partitions = load.partitions_per_commit,
                                         .offset = turn + 1}));
    }
  }
  return run;
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

  Run run = prepare(load, groups);
  std::vector<std::unique_ptr<Asker>> committers;
  for (int i = 0; i < load.connections; ++i) {
    committers.push_back(std::make_unique<Committer>(run));
  }
  const double cpu_before = cpu_seconds_of(target.pid);
  const auto begin = Clock::now();
  run_pipeline(target.endpoint, committers, load.depth);

  const double seconds = seconds_since(begin);
  const double cpu = cpu_seconds_of(target.pid) - cpu_before;
  const auto requests = static_cast<double>(run.requests);
  Report report("commits");
  report.add("seconds", seconds);
  report.add("commits", uint64_t{run.requests});
  report.add("commits_per_s", requests / seconds);
  run.latencies.report(report);
  if (target.pid != 0) {
    report.add("cpu_s", cpu);
    report.add("commits_per_cpu_s", requests / cpu);
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
