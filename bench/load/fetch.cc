#include "protocol/messages/fetch.h"
#include "load/pipeline.h"
#include "load/process.h"
#include "load/report.h"
#include "load/workloads.h"
#include "record/batch_header.h"

namespace odradek::bench {
namespace {

constexpr int16_t fetch_version = 12;

// Reads its partitions one after the other, one request at a time.
class Reader : public Asker {
 public:
  Reader(const FetchLoad& load, std::vector<int32_t> partitions, const std::vector<int64_t>& ends, uint64_t& bytes)
      : load_(load), partitions_(std::move(partitions)), ends_(ends), bytes_(bytes) {}

  [[nodiscard]] ByteView next_request(Clock::time_point /*due*/) override {
    while (at_ < partitions_.size() * static_cast<size_t>(load_.passes) && offset_ >= ends_[partition()]) {
      ++at_;
      offset_ = 0;
    }
    if (at_ == partitions_.size() * static_cast<size_t>(load_.passes)) {
      return {};
    }
    request_ = build();
    return request_;
  }

  void on_answer(ByteView frame) override {
    const auto answer = Connection::read_answer<protocol::FetchResponse>(frame, fetch_version);
    must_be_none(answer.error_code, "fetch");
    const int64_t before = offset_;
    for (const auto& topic : answer.responses) {
      for (const auto& partition : topic.partitions) {
        must_be_none(partition.error_code, "fetch");
        if (partition.records) {
          take(partition.records->view());
        }
      }
    }
    empty_answers_ = offset_ == before ? empty_answers_ + 1 : 0;
    if (empty_answers_ > 20) {
      give_up("fetch: the broker gives no records below the end offset");
    }
  }

 private:
  [[nodiscard]] size_t partition() const { return static_cast<size_t>(partitions_[at_ % partitions_.size()]); }

  [[nodiscard]] Bytes build() const {
    protocol::FetchRequest request;
    request.replica_id = -1;
    request.max_wait_ms = 500;
    request.min_bytes = 1;
    request.max_bytes = 50 << 20;
    request.session_epoch = -1;
    auto& topic = request.topics.emplace_back();
    topic.topic = protocol::Text(std::string_view(load_.topic));
    auto& asked = topic.partitions.emplace_back();
    asked.partition = static_cast<int32_t>(partition());
    asked.fetch_offset = offset_;
    asked.partition_max_bytes = load_.partition_bytes_max;
    return must(protocol::request_frame(request, fetch_version, 0, protocol::Text(Connection::client_id)),
                "fetch request")
        .flatten();
  }

  // Goes on after the last whole batch; a part of another may follow it.
  void take(ByteView records) {
    while (records.size() >= record::batch_header_size) {
      const auto header = must(record::parse_batch_header(records), "batch");
      if (header.size > records.size()) {
        return;
      }
      offset_ = header.next_offset().raw();
      bytes_ += header.size;
      records = records.subspan(header.size);
    }
  }

  const FetchLoad& load_;
  std::vector<int32_t> partitions_;
  const std::vector<int64_t>& ends_;
  uint64_t& bytes_;  // of all connections
  size_t at_ = 0;    // counts partitions read, over all passes
  int64_t offset_ = 0;
  int empty_answers_ = 0;
  Bytes request_;
};

std::vector<int64_t> ends_of(const Target& target, const FetchLoad& load) {
  if (load.end) {
    return std::vector<int64_t>(static_cast<size_t>(load.partitions), *load.end);
  }
  Connection broker(target.endpoint);
  return end_offsets(broker, load.topic, load.partitions);
}

// With more connections than partitions several read the same.
std::vector<int32_t> share_of(int connection, const FetchLoad& load) {
  std::vector<int32_t> share;
  for (int32_t partition = connection % load.partitions; partition < load.partitions; partition += load.connections) {
    share.push_back(partition);
  }
  return share;
}

}  // namespace

void run_fetch(const Target& target, const FetchLoad& load) {
  const std::vector<int64_t> ends = ends_of(target, load);
  uint64_t bytes = 0;
  std::vector<std::unique_ptr<Asker>> readers;
  for (int i = 0; i < load.connections; ++i) {
    readers.push_back(std::make_unique<Reader>(load, share_of(i, load), ends, bytes));
  }
  const double cpu_before = cpu_seconds_of(target.pid);
  const auto begin = Clock::now();
  run_pipeline(target.endpoint, readers, {});

  const double seconds = seconds_since(begin);
  const double cpu = cpu_seconds_of(target.pid) - cpu_before;
  const double gigabytes = static_cast<double>(bytes) / 1e9;
  if (bytes == 0) {
    give_up("fetch: there is nothing in the topic");
  }
  Report report(load.measure);
  report.add("seconds", seconds);
  report.add("mb", gigabytes * 1000);
  report.add("mb_per_s", gigabytes * 1000 / seconds);
  if (target.pid != 0) {
    report.add("cpu_s", cpu);
    report.add("cpu_s_per_gb", cpu / gigabytes);
    report.add("rss_mb", static_cast<double>(resident_bytes_of(target.pid)) / 1e6);
  }
  report.print();
}

}  // namespace odradek::bench
