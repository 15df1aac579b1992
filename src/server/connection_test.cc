#include "server/connection.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "api/api_fixture.h"
#include "api/find_coordinator.h"
#include "api/offset_fetch.h"
#include "base/big_endian.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_fetch.h"
#include "protocol/messages/produce.h"
#include "protocol/wire_code.h"
#include "server/server_fixture.h"
#include "server/shard_server.h"

namespace odradek::server {
namespace {

constexpr int16_t produce_version = 12;
constexpr int16_t fetch_version = 12;
constexpr int16_t commit_version = 8;

// A client, and the server of one shard with real handlers behind it.
class ConnectionTest : public api::ApiTest {
 protected:
  ConnectionTest() { create_topic("t"); }
  ~ConnectionTest() override {
    run(server().drain(sim.now() + std::chrono::seconds(5)));
    client_->close();
    run(tasks_.join());
  }

  ShardServer& server() {
    if (!server_) {
      server_.emplace(services(), options_, exchange_);
      SocketPair pair = run(connect_pair());
      client_ = std::move(pair.client);
      server_->take(std::move(pair.server), "PLAINTEXT");
    }
    return *server_;
  }
  [[nodiscard]] const ServerCounters& counters() { return server().counters(); }

  template <typename Request>
  void send(const Request& request, int16_t version, int32_t correlation_id) {
    static_cast<void>(server());
    auto frame = protocol::request_frame(request, version, correlation_id, protocol::Text("test"));
    tasks_.spawn(write(*client_, *std::move(frame)));
  }
  static void append_frame(Bytes& stream, const protocol::ProduceRequest& request) {
    const Bytes frame = protocol::request_frame(request, produce_version, 1, protocol::Text("test"))->flatten();
    stream.insert(stream.end(), frame.begin(), frame.end());
  }
  void send_raw(Bytes bytes) {
    static_cast<void>(server());
    ByteChain chain;
    chain.append(Blob(std::move(bytes)));
    tasks_.spawn(write(*client_, std::move(chain)));
  }
  static protocol::ProduceRequest produce_request(int16_t acks, Bytes records) {
    protocol::ProduceRequest request;
    request.acks = acks;
    request.timeout_ms = 30'000;
    auto& topic = request.topic_data.emplace_back();
    topic.name = "t";
    auto& partition = topic.partition_data.emplace_back();
    partition.index = 0;
    partition.records = Blob(std::move(records));
    return request;
  }
  void send_produce(int32_t correlation_id, int16_t acks = -1, Bytes records = api::test_batch({"v"})) {
    send(produce_request(acks, std::move(records)), produce_version, correlation_id);
  }
  static protocol::FetchRequest long_poll() {
    protocol::FetchRequest request;
    request.max_wait_ms = 3'600'000;
    request.min_bytes = 1;
    request.max_bytes = 1 << 20;
    auto& topic = request.topics.emplace_back();
    topic.topic = "t";
    auto& partition = topic.partitions.emplace_back();
    partition.partition_max_bytes = 1 << 20;
    return request;
  }
  void send_long_poll(int32_t correlation_id) { send(long_poll(), fetch_version, correlation_id); }

  void send_commit(int32_t correlation_id, int64_t offset) {
    protocol::OffsetCommitRequest request;
    request.group_id = "group";
    auto& topic = request.topics.emplace_back();
    topic.name = "t";
    auto& partition = topic.partitions.emplace_back();
    partition.committed_offset = offset;
    partition.committed_metadata = "note";
    send(request, commit_version, correlation_id);
  }
  // Once the groups are loaded.
  int64_t committed() {
    protocol::OffsetFetchRequest request;
    auto& group = request.groups.emplace_back();
    group.group_id = "group";
    auto& topic = group.topics.emplace().emplace_back();
    topic.name = "t";
    topic.partition_indexes = {0};
    const auto fetched = call(api::offset_fetch, 8, std::move(request));
    return fetched.groups.at(0).error_code != 0 ? -2
                                                : fetched.groups.at(0).topics.at(0).partitions.at(0).committed_offset;
  }
  void load_groups() {
    protocol::FindCoordinatorRequest request;
    request.coordinator_keys = {protocol::Text("group")};
    EXPECT_EQ(call(api::find_coordinator, 4, std::move(request)).coordinators.at(0).error_code, 0);
    while (committed() == -2) {
      settle();
    }
  }

  // The correlation ids of the next replies; fewer if the connection ends.
  std::vector<int32_t> replies(size_t count) { return run(read_replies(*client_, count)); }
  // True if the server closes the connection, without another reply, within the time.
  bool is_closed_within(runtime::Duration time) {
    const auto start = sim.now();
    return replies(1).empty() && sim.now() - start <= time;
  }
  // The size of the next reply, read in pieces of 100 kB, one a second.
  size_t read_slowly() {
    const Result<Bytes> size = run(read_exactly(*client_, 4));
    const size_t whole = size ? load_big_endian<uint32_t>(size->data()) : 0;
    for (size_t left = whole; left > 0;) {
      sim.run_for(std::chrono::seconds(1));
      const Result<Bytes> piece = run(read_exactly(*client_, std::min<size_t>(left, 100'000)));
      if (!piece) {
        return whole - left;
      }
      left -= piece->size();
    }
    return whole;
  }
  void settle() { sim.run_for(std::chrono::milliseconds(100)); }

  ServerOptions options_;
  runtime::TaskGroup tasks_;
  ConnectionExchange exchange_{services().partitions.shards()};
  std::optional<ShardServer> server_;
  std::unique_ptr<runtime::Socket> client_;

 private:
  static runtime::Task<void> write(runtime::Socket& socket, ByteChain bytes) {
    [[maybe_unused]] const Result<> sent = co_await socket.write(std::move(bytes));
  }
  static runtime::Async<Bytes> read_exactly(runtime::Socket& socket, size_t size) {
    Bytes bytes(size);
    for (size_t filled = 0; filled < size;) {
      CO_TRY(const size_t count, co_await socket.read_some({bytes.data() + filled, size - filled}));
      filled += count;
    }
    co_return bytes;
  }
  static runtime::Task<std::vector<int32_t>> read_replies(runtime::Socket& socket, size_t count) {
    std::vector<int32_t> ids;
    while (ids.size() < count) {
      const Result<Bytes> size = co_await read_exactly(socket, 4);
      if (!size) {
        break;
      }
      const Result<Bytes> reply = co_await read_exactly(socket, load_big_endian<uint32_t>(size->data()));
      if (!reply) {
        break;
      }
      ids.push_back(load_big_endian<int32_t>(reply->data()));
    }
    co_return ids;
  }
};

TEST_F(ConnectionTest, APipelinedRunOfProducesIsAnsweredInOrder) {
  std::vector<int32_t> wanted;
  for (int32_t i = 0; i < 200; ++i) {  // more than may be in flight
    send_produce(i, i % 3 == 0 ? int16_t{1} : int16_t{-1});
    wanted.push_back(i);
  }
  EXPECT_EQ(replies(200), wanted);
  EXPECT_EQ(append("t", 0, api::test_batch({"last"})), 200);
  EXPECT_EQ(counters().requests, 200);
}

TEST_F(ConnectionTest, APipelinedRunOfCommitsIsAnsweredInOrderAndTheLastStands) {
  load_groups();
  std::vector<int32_t> wanted;
  for (int32_t i = 0; i < 200; ++i) {
    send_commit(i, i);
    wanted.push_back(i);
  }
  EXPECT_EQ(replies(200), wanted);
  EXPECT_EQ(committed(), 199);
}

TEST_F(ConnectionTest, ProducesAndCommitsInTurnAreAnsweredInOrder) {
  load_groups();
  std::vector<int32_t> wanted;
  for (int32_t i = 0; i < 50; ++i) {
    send_produce(2 * i);
    send_commit(2 * i + 1, i);
    wanted.push_back(2 * i);
    wanted.push_back(2 * i + 1);
  }
  EXPECT_EQ(replies(100), wanted);
  EXPECT_EQ(committed(), 49);
}

TEST_F(ConnectionTest, OtherRequestsWaitForTheProducesBefore) {
  send_produce(1);
  send_produce(2, 0);  // owes no reply
  send(protocol::ApiVersionsRequest{}, 0, 3);
  send_produce(4);
  send(protocol::ApiVersionsRequest{}, 0, 5);
  EXPECT_EQ(replies(4), (std::vector<int32_t>{1, 3, 4, 5}));
}

TEST_F(ConnectionTest, ARequestOfUnknownKindEndsTheConnectionAfterWhatIsOwed) {
  send_produce(1);
  send_raw({0, 0, 0, 10, 0x7f, 0x7f, 0, 0, 0, 0, 0, 9, 0, 0});
  EXPECT_EQ(replies(2), std::vector<int32_t>{1});
  EXPECT_EQ(counters().requests_unsupported + counters().requests_malformed, 1);
}

TEST_F(ConnectionTest, AMalformedProduceDoesNotCutOffEarlierReplies) {
  send_produce(1);
  send_produce(2);
  // The head of a Produce, and nothing of its body.
  send_raw({0, 0, 0, 11, 0, 0, 0, produce_version, 0, 0, 0, 3, 0xff, 0xff, 0});
  EXPECT_EQ(replies(3), (std::vector<int32_t>{1, 2}));
  EXPECT_EQ(counters().requests_malformed, 1);
}

TEST_F(ConnectionTest, AnUnansweredFailureEndsTheConnectionAfterWhatIsOwed) {
  send_produce(1);
  send_produce(2, 0, Bytes(100));  // acks 0, and no batch at all
  EXPECT_EQ(replies(2), std::vector<int32_t>{1});
}

TEST_F(ConnectionTest, GarbageEndsTheConnection) {
  send_raw({0xff, 0xff, 0xff, 0xff, 1, 2, 3});
  EXPECT_TRUE(is_closed_within(std::chrono::seconds(1)));
  EXPECT_EQ(counters().requests_malformed, 1);
  EXPECT_EQ(server().connection_count(), 0);
}

TEST_F(ConnectionTest, AnIdleConnectionIsClosed) {
  options_.idle_max = std::chrono::seconds(10);
  send_produce(1);
  EXPECT_EQ(replies(1).size(), 1);
  const auto start = sim.now();
  EXPECT_TRUE(is_closed_within(std::chrono::seconds(11)));
  EXPECT_GE(sim.now() - start, std::chrono::seconds(9));
}

TEST_F(ConnectionTest, IdlenessCountsFromTheLastRequest) {
  options_.idle_max = std::chrono::seconds(10);
  send_produce(1);
  EXPECT_EQ(replies(1).size(), 1);
  sim.run_for(std::chrono::seconds(7));
  send_produce(2);
  EXPECT_EQ(replies(1).size(), 1);
  const auto last = sim.now();
  sim.run_for(std::chrono::seconds(8));
  EXPECT_EQ(server().connection_count(), 1);
  EXPECT_TRUE(is_closed_within(std::chrono::seconds(4)));
  EXPECT_LE(sim.now() - last, std::chrono::seconds(11));
}

TEST_F(ConnectionTest, ALongPollIsNotIdle) {
  options_.idle_max = std::chrono::seconds(10);
  send_long_poll(1);
  sim.run_for(std::chrono::seconds(60));
  EXPECT_EQ(server().connection_count(), 1);
  append("t", 0, api::test_batch({"v"}));
  EXPECT_EQ(replies(1), std::vector<int32_t>{1});
}

// What comes behind a request is ignored, and held as long as it waits.
TEST_F(ConnectionTest, WhoHoldsMuchMemoryDoesNotWaitLong) {
  Bytes frame = protocol::request_frame(long_poll(), fetch_version, 1, protocol::Text("test"))->flatten();
  frame.resize(frame.size() + 700'000);
  store_big_endian(frame.data(), static_cast<int32_t>(frame.size() - sizeof(int32_t)));
  const auto start = sim.now();
  send_raw(std::move(frame));
  EXPECT_EQ(replies(1), std::vector<int32_t>{1});
  EXPECT_LE(sim.now() - start, std::chrono::seconds(6));
}

TEST_F(ConnectionTest, WhoDoesNotReadItsRepliesIsStoppedAndThenClosed) {
  options_.idle_max = std::chrono::seconds(10);
  append("t", 0, api::test_batch({std::string(900'000, 'x')}));
  for (int32_t i = 0; i < 20; ++i) {
    send_long_poll(i);  // each answered at once with 900 kB
  }
  sim.run_for(std::chrono::seconds(5));
  EXPECT_LT(counters().requests, 5) << "no more is read than is answered";
  EXPECT_EQ(server().connection_count(), 1);
  sim.run_for(std::chrono::seconds(20));
  EXPECT_EQ(server().connection_count(), 0);
}

// What they held is given back when they have been served, not when the last byte of their replies has gone.
TEST_F(ConnectionTest, WhoDoesNotReadItsRepliesHoldsNoMemoryOfItsRequests) {
  options_.request_memory_max = 8 << 20;
  auto wordy = produce_request(-1, {});  // whose reply names each of many partitions that are not there
  for (int32_t i = 0; i < 1000; ++i) {
    wordy.topic_data[0].partition_data.emplace_back(wordy.topic_data[0].partition_data[0]).index = 1000 + i;
  }
  const auto large = produce_request(-1, api::test_batch({std::string(300'000, 'x')}));
  Bytes stream;
  for (int i = 0; i < 20; ++i) {
    append_frame(stream, wordy);
  }
  for (int i = 0; i < 20; ++i) {
    append_frame(stream, large);
  }
  send_raw(std::move(stream));
  sim.run_for(std::chrono::seconds(1));
  EXPECT_EQ(counters().requests, 40);
  SocketPair other = run(connect_pair());
  server().take(std::move(other.server), "PLAINTEXT");
  std::swap(client_, other.client);
  send(large, produce_version, 1);
  EXPECT_EQ(replies(1), std::vector<int32_t>{1});
  other.client->close();
}

TEST_F(ConnectionTest, WhoIsSlowIsNotIdle) {
  options_.idle_max = std::chrono::seconds(2);
  const auto request = produce_request(-1, api::test_batch({std::string(900'000, 'x')}));
  Bytes frame;
  append_frame(frame, request);
  for (size_t sent = 0; sent < frame.size(); sent += 100'000) {
    const ByteView rest = ByteView(frame).subspan(sent);
    const ByteView piece = rest.first(std::min<size_t>(rest.size(), 100'000));
    send_raw(Bytes(piece.begin(), piece.end()));
    sim.run_for(std::chrono::seconds(1));
  }
  EXPECT_EQ(replies(1), std::vector<int32_t>{1});
  send_long_poll(2);  // answered at once
  EXPECT_GT(read_slowly(), 900'000);
}

TEST_F(ConnectionTest, WhoStallsInTheMidstOfARequestIsClosed) {
  options_.idle_max = std::chrono::seconds(10);
  send_raw({0, 0, 1, 0, 1, 2, 3});
  EXPECT_TRUE(is_closed_within(std::chrono::seconds(21)));
}

TEST_F(ConnectionTest, DrainingAnswersWhatIsInFlight) {
  for (int32_t i = 0; i < 10; ++i) {
    send_produce(i);
  }
  // Let some arrive, and stop in the middle of it.
  ASSERT_TRUE(sim.run_until([&] { return counters().requests >= 3; }));
  runtime::TaskGroup stop;
  stop.spawn(server().drain(sim.now() + std::chrono::seconds(5)));
  const auto answered = replies(10);
  run(stop.join());
  EXPECT_GE(answered.size(), 3);
  // Every request that was taken was appended and answered.
  EXPECT_EQ(append("t", 0, api::test_batch({"next"})), static_cast<int64_t>(answered.size()));
}

TEST_F(ConnectionTest, DrainingClosesWhoIsWaitingAtOnce) {
  send_produce(1);
  EXPECT_EQ(replies(1).size(), 1);
  const auto start = sim.now();
  run(server().drain(sim.now() + std::chrono::seconds(5)));
  EXPECT_LT(sim.now() - start, std::chrono::seconds(1));
  EXPECT_EQ(server().connection_count(), 0);
}

TEST_F(ConnectionTest, AConnectionThatComesTooLateIsClosed) {
  run(server().drain(sim.now() + std::chrono::seconds(5)));
  SocketPair late = run(connect_pair());
  server().take(std::move(late.server), "PLAINTEXT");
  client_ = std::move(late.client);
  EXPECT_TRUE(is_closed_within(std::chrono::seconds(1)));
}

}  // namespace
}  // namespace odradek::server
