#include <limits>
#include <utility>

#include "load/pipeline.h"
#include "load/process.h"
#include "load/produce_frames.h"
#include "load/report.h"
#include "load/workloads.h"

namespace odradek::bench {
namespace {

// What all connections of one run share.
struct Run {
  std::vector<Bytes> frames;  // one per partition
  Clock::time_point end;
  uint64_t requests_max = 0;
  uint64_t requests = 0;
  Latencies latencies;
};

class Producer : public Asker {
 public:
  // `step`: from the partition of one request to that of the next.
  Producer(Run& run, size_t first_partition, size_t step)
      : run_(run), partition_(first_partition % run.frames.size()), step_(step) {}

  [[nodiscard]] ByteView next_request(Clock::time_point due) override {
    if (run_.requests == run_.requests_max || due >= run_.end) {
      return {};
    }
    ++run_.requests;
    sent_.push_back(due);
    return run_.frames[std::exchange(partition_, (partition_ + step_) % run_.frames.size())];
  }

  void on_answer(ByteView frame) override {
    check_produce_answer(frame);
    run_.latencies.add(Clock::now() - sent_[answered_]);
    ++answered_;
  }

 private:
  Run& run_;
  size_t partition_;  // of the next request
  size_t step_;
  std::vector<Clock::time_point> sent_;
  size_t answered_ = 0;
};

Run prepare(const ProduceLoad& load, const FilledBatch& batch) {
  Run run;
  for (int32_t partition = 0; partition < load.partitions; ++partition) {
    run.frames.push_back(produce_frame(load.topic, partition, load.acks, batch.bytes));
  }
  run.requests_max = load.mib == 0 ? std::numeric_limits<uint64_t>::max() : (load.mib << 20) / batch.bytes.size();
  const std::chrono::duration<double> length(load.seconds == 0 ? 3600.0 : load.seconds);
  run.end = Clock::now() + std::chrono::duration_cast<Clock::duration>(length);
  return run;
}

}  // namespace

void run_produce(const Target& target, const ProduceLoad& load) {
  if (!target.is_floor) {
    Connection broker(target.endpoint);
    const TopicSet set{.name = load.topic, .partitions = load.partitions};
    create_topics(broker, set);
    wait_until_led(broker, set, std::chrono::seconds(60));
  }
  const FilledBatch batch =
      make_batch({.batch_bytes = load.batch_bytes, .record_bytes = load.record_bytes, .codec = load.codec});
  const double cpu_before = cpu_seconds_of(target.pid);
  const auto begin = Clock::now();
  Run run = prepare(load, batch);
  std::vector<std::unique_ptr<Asker>> producers;
  for (int i = 0; i < load.connections; ++i) {
    producers.push_back(std::make_unique<Producer>(run, static_cast<size_t>(i), load.keeps_partition ? 0 : 1));
  }
  run_pipeline(target.endpoint, producers, {.depth = load.depth, .rate = load.rate});

  const double seconds = seconds_since(begin);
  const double cpu = cpu_seconds_of(target.pid) - cpu_before;
  const auto requests = static_cast<double>(run.requests);
  const double gigabytes = requests * static_cast<double>(batch.bytes.size()) / 1e9;
  Report report(load.measure);
  report.add("seconds", seconds);
  report.add("requests", run.requests);
  report.add("records", run.requests * static_cast<uint64_t>(batch.records));
  report.add("mb_per_s", gigabytes * 1000 / seconds);
  report.add("requests_per_s", requests / seconds);
  run.latencies.report(report);
  if (target.pid != 0) {
    report.add("cpu_s", cpu);
    report.add("cpu_s_per_gb", cpu / gigabytes);
    report.add("cpu_us_per_request", cpu * 1e6 / requests);
    report.add("rss_mb", static_cast<double>(resident_bytes_of(target.pid)) / 1e6);
  }
  report.print();
}

}  // namespace odradek::bench
