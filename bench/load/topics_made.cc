#include <chrono>
#include <thread>

#include "load/process.h"
#include "load/produce_frames.h"
#include "load/report.h"
#include "load/workloads.h"

namespace odradek::bench {
namespace {

constexpr std::chrono::seconds patience{240};

void produce_until_taken(Connection& broker, const std::string& topic) {
  const Bytes frame = produce_frame(topic, 0, 1, one_record_batch(as_bytes("ready")));
  const auto begin = Clock::now();
  for (;;) {
    broker.send(frame);
    const auto answer = broker.receive();
    if (!answer) {
      give_up("the broker closed the connection");
    }
    if (produce_error(*answer) == 0) {
      return;
    }
    if (Clock::now() - begin > patience) {
      check_produce_answer(*answer);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

void run_create(const Target& target, const TopicSet& set) {
  Connection broker(dial_patiently(target.endpoint, patience));
  const double cpu_before = cpu_seconds_of(target.pid);
  const auto begin = Clock::now();
  create_topics(broker, set);
  const double created = seconds_since(begin);
  wait_until_led(broker, set, patience);
  const double led = seconds_since(begin);
  Report report("create");
  report.add("partitions", static_cast<uint64_t>(set.topics) * static_cast<uint64_t>(set.partitions));
  report.add("created_s", created);
  report.add("led_s", led);
  if (target.pid != 0) {
    report.add("cpu_s", cpu_seconds_of(target.pid) - cpu_before);
    report.add("rss_mb", static_cast<double>(resident_bytes_of(target.pid)) / 1e6);
  }
  report.print();
}

void run_ready(const Target& target, const TopicSet& set) {
  Connection broker(dial_patiently(target.endpoint, patience));
  produce_until_taken(broker, set.names().front());
  Report report("ready");
  report.add("first_produce_wall_ms", wall_ms());
  wait_until_led(broker, set, patience);
  report.add("led_wall_ms", wall_ms());
  report.print();
}

}  // namespace odradek::bench
