// One connection produces at a fixed rate whatever the answers do, another waits for records in long polls; each
// record carries the time at which its request was handed to the system.

#include <sys/prctl.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "load/process.h"
#include "load/produce_frames.h"
#include "load/report.h"
#include "load/workloads.h"
#include "protocol/messages/fetch.h"
#include "record/batch_reader.h"

namespace odradek::bench {
namespace {

constexpr int16_t fetch_version = 12;

void produce_at_rate(const EndToEndLoad& load, uint64_t count, int socket) {
  ::prctl(PR_SET_TIMERSLACK, 1UL);
  const auto interval = std::chrono::nanoseconds(1'000'000'000 / load.rate);
  auto next = Clock::now();
  Bytes value(std::max(load.record_bytes, sizeof(int64_t)), 'e');
  for (uint64_t i = 0; i < count; ++i) {
    std::this_thread::sleep_until(next);
    next += interval;
    const int64_t now = Clock::now().time_since_epoch().count();
    std::memcpy(value.data(), &now, sizeof now);
    send_all(socket, produce_frame(load.topic, 0, load.acks, one_record_batch(value)));
  }
}

Bytes long_poll(const std::string& topic, int64_t offset) {
  protocol::FetchRequest request;
  request.replica_id = -1;
  request.max_wait_ms = 500;
  request.min_bytes = 1;
  request.max_bytes = 50 << 20;
  request.session_epoch = -1;
  auto& of_topic = request.topics.emplace_back();
  of_topic.topic = protocol::Text(std::string_view(topic));
  auto& partition = of_topic.partitions.emplace_back();
  partition.partition = 0;
  partition.fetch_offset = offset;
  partition.partition_max_bytes = 1 << 20;
  return must(protocol::request_frame(request, fetch_version, 0, protocol::Text(Connection::client_id)),
              "fetch request")
      .flatten();
}

// Adds the age of each record, except of the first `skipped` ones; the offset to go on from.
int64_t take_records(ByteView bytes, uint64_t& taken, uint64_t skipped, int64_t offset, Latencies& latencies) {
  const auto arrived = Clock::now();
  record::BatchScanner batches(bytes);
  while (const auto batch = must(batches.next(), "batch")) {
    record::RecordReader records(batch->bytes);
    while (const auto read = must(records.next_record(), "record")) {
      int64_t sent = 0;
      if (!read->value || read->value->size() < sizeof sent) {
        give_up("e2e: somebody else writes to this topic");
      }
      std::memcpy(&sent, read->value->data(), sizeof sent);
      if (taken >= skipped) {
        latencies.add(arrived - Clock::time_point(Clock::duration(sent)));
      }
      ++taken;
    }
    offset = batch->header.next_offset().raw();
  }
  return offset;
}

Latencies consume(const Target& target, const EndToEndLoad& load, int64_t offset, uint64_t count, uint64_t skipped) {
  Connection broker(target.endpoint);
  Latencies latencies;
  uint64_t taken = 0;
  while (taken < count) {
    broker.send(long_poll(load.topic, offset));
    const auto frame = broker.receive();
    if (!frame) {
      give_up("the broker closed the consumer's connection");
    }
    const auto answer = Connection::read_answer<protocol::FetchResponse>(*frame, fetch_version);
    must_be_none(answer.error_code, "fetch");
    for (const auto& topic : answer.responses) {
      for (const auto& partition : topic.partitions) {
        must_be_none(partition.error_code, "fetch");
        if (partition.records) {
          offset = take_records(partition.records->view(), taken, skipped, offset, latencies);
        }
      }
    }
  }
  return latencies;
}

}  // namespace

void run_end_to_end(const Target& target, const EndToEndLoad& load) {
  Connection broker(target.endpoint);
  const TopicSet set{.name = load.topic};
  create_topics(broker, set);
  wait_until_led(broker, set, std::chrono::seconds(60));
  const int64_t begin_offset = end_offsets(broker, load.topic, 1).front();
  const auto count = static_cast<uint64_t>(load.rate * load.seconds);
  const uint64_t skipped = std::min(count / 4, static_cast<uint64_t>(load.rate));  // the first second

  const int socket = dial(target.endpoint);
  Connection answers(socket);
  const double cpu_before = cpu_seconds_of(target.pid);
  const auto begin = Clock::now();
  std::thread producer(produce_at_rate, load, count, socket);
  std::thread checker([&answers, count] {
    for (uint64_t i = 0; i < count; ++i) {
      const auto frame = answers.receive();
      if (!frame) {
        give_up("the broker closed the producer's connection");
      }
      check_produce_answer(*frame);
    }
  });
  const Latencies latencies = consume(target, load, begin_offset, count, skipped);
  producer.join();
  checker.join();

  const double seconds = seconds_since(begin);
  const double cpu = cpu_seconds_of(target.pid) - cpu_before;
  Report report("e2e");
  report.add("seconds", seconds);
  report.add("records", count);
  latencies.report(report);
  if (target.pid != 0) {
    report.add("cpu_us_per_record", cpu * 1e6 / static_cast<double>(count));
  }
  report.print();
}

}  // namespace odradek::bench
