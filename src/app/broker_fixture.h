// Whole brokers on a simulated machine, and a client of them. Runs on as many shards as ODRADEK_TEST_SHARDS says.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "app/broker.h"
#include "base/big_endian.h"
#include "protocol/framing.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/produce.h"
#include "record/batch_builder.h"
#include "runtime/file.h"
#include "runtime/shard.h"
#include "runtime/sim/sim_test.h"

namespace odradek::app {

class BrokerTest : public runtime::SimTest {
 protected:
  using Contents = std::map<std::string, std::string>;  // of files, by path; a directory's are empty

  ~BrokerTest() override { stop(); }

  // Over log.dirs=/data, node.id=1 and a listener on 127.0.0.1.
  Result<> start(std::vector<config::Property> settings = {}, BrokerOptions options = {}) {
    std::vector<config::Property> properties = {
        {.key = "log.dirs", .value = "/data"},
        {.key = "listeners", .value = fmt::format("PLAINTEXT://127.0.0.1:{}", port)}};
    properties.insert(properties.end(), settings.begin(), settings.end());
    TRY(config::BrokerConfig config, config::BrokerConfig::load(properties, {.root = true, .home = "/"}));
    TRY(broker_, run(Broker::start(sim, std::move(config), std::move(options))));
    return {};
  }
  // Whether the stop was clean; false where none runs.
  bool stop() {
    if (broker_ == nullptr) {
      return false;
    }
    const bool is_clean = run(broker_->stop([](size_t) {}));
    broker_.reset();
    return is_clean;
  }
  // The start says why not, in these words, and leaves every byte on the disk as it was.
  void expect_refused(std::vector<config::Property> settings, Errc code, std::string_view words) {
    const Contents before = contents("/");
    const Result<> refused = start(std::move(settings));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, code);
    EXPECT_TRUE(refused.error().message.contains(words)) << refused.error().message;
    EXPECT_EQ(contents("/"), before);
  }
  Broker& broker() { return *broker_; }

  // Error codes as on the wire; -99 where there was no answer.
  int16_t create(std::string_view topic, int32_t partitions) {
    protocol::CreateTopicsRequest request;
    protocol::CreateTopicsRequest::CreatableTopic wanted;
    wanted.name = topic;
    wanted.num_partitions = partitions;
    wanted.replication_factor = 1;
    request.topics.push_back(std::move(wanted));
    request.timeout_ms = 10'000;
    return run(create_on_wire(std::move(request)));
  }
  // The offset that the record got; or the negative error code.
  int64_t produce(std::string_view topic, int32_t partition) {
    record::BatchBuilder builder{record::BatchOptions{}};
    builder.append({.timestamp = sim.wall_now(), .key = {}, .value = as_bytes("value"), .headers = {}});
    protocol::ProduceRequest request;
    request.acks = -1;
    request.timeout_ms = 10'000;
    protocol::ProduceRequest::TopicProduceData data;
    data.name = topic;
    protocol::ProduceRequest::PartitionProduceData part;
    part.index = partition;
    part.records = Blob(builder.finish());
    data.partition_data.push_back(std::move(part));
    request.topic_data.push_back(std::move(data));
    return run(produce_on_wire(std::move(request)));
  }
  // Asks for records from `offset` on and waits for them as long as `wait`; the answer's error code.
  static runtime::Task<void> poll(std::string topic, int64_t offset, runtime::Duration wait,
                                  std::optional<int16_t>& answer) {
    protocol::FetchRequest request;
    request.max_wait_ms = static_cast<int32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(wait).count());
    request.min_bytes = 1;
    request.max_bytes = 1 << 20;
    protocol::FetchRequest::FetchTopic wanted;
    wanted.topic = topic;
    protocol::FetchRequest::FetchPartition from;
    from.fetch_offset = offset;
    from.partition_max_bytes = 1 << 20;
    wanted.partitions.push_back(std::move(from));
    request.topics.push_back(std::move(wanted));
    const auto response = co_await call<protocol::FetchResponse>(std::move(request), 12);
    answer = response ? response->message.error_code : no_answer;
  }

  // Every file and directory below `path`.
  Contents contents(const std::string& path) {
    Contents found;
    collect(path, found);
    return found;
  }
  std::string text(const std::string& path) {
    const auto bytes = run(files().read_file(path));
    return bytes ? std::string(as_text(*bytes)) : "";
  }
  bool exists(const std::string& path) { return run(files().exists(path)).value_or(false); }

  static constexpr int16_t no_answer = -99;
  static constexpr uint16_t port = 9092;

 private:
  template <typename Response>
  struct Answer {
    Bytes frame;  // what `message` views
    Response message;
  };

  // One request on a connection of its own.
  template <typename Response, typename Request>
  static runtime::Async<Answer<Response>> call(Request request, int16_t version) {
    CO_TRY(const auto socket,
           co_await runtime::Shard::current().network().connect({.host = "127.0.0.1", .port = port}, {}));
    CO_TRY(ByteChain out, protocol::request_frame(request, version, 1, protocol::Text("test")));
    CO_TRY(co_await socket->write(std::move(out)));
    uint8_t size[4];
    CO_TRY(co_await read_all(*socket, size));
    Answer<Response> answer{.frame = Bytes(load_big_endian<uint32_t>(size)), .message = {}};
    CO_TRY(co_await read_all(*socket, answer.frame));
    protocol::Reader in(answer.frame);
    CO_TRY(protocol::read_response_head(in, Request::api_key, version));
    CO_TRY(answer.message, Response::decode(in, version));
    co_return answer;
  }
  static runtime::Async<> read_all(runtime::Socket& socket, MutableByteView into) {
    while (!into.empty()) {
      CO_TRY(const size_t count, co_await socket.read_some(into));
      into = into.subspan(count);
    }
    co_return Result<>{};
  }
  static runtime::Task<int16_t> create_on_wire(protocol::CreateTopicsRequest request) {
    const auto answer = co_await call<protocol::CreateTopicsResponse>(std::move(request), 7);
    co_return answer ? answer->message.topics.at(0).error_code : no_answer;
  }
  static runtime::Task<int64_t> produce_on_wire(protocol::ProduceRequest request) {
    const auto answer = co_await call<protocol::ProduceResponse>(std::move(request), 9);
    if (!answer) {
      co_return no_answer;
    }
    const auto& result = answer->message.responses.at(0).partition_responses.at(0);
    co_return result.error_code == 0 ? result.base_offset : -result.error_code;
  }

  void collect(const std::string& path, Contents& found) {
    const auto entries = run(files().list(path));
    ASSERT_TRUE(entries.has_value()) << path;
    for (const runtime::DirectoryEntry& entry : *entries) {
      const std::string below = (path == "/" ? "" : path) + "/" + entry.name;
      if (entry.kind == runtime::EntryKind::Directory) {
        found[below] = "";
        collect(below, found);
      } else {
        found[below] = text(below);
      }
    }
  }

  std::unique_ptr<Broker> broker_;
};

}  // namespace odradek::app
