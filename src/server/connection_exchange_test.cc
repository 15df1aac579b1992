#include "server/connection_exchange.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "api/api_fixture.h"
#include "base/big_endian.h"
#include "protocol/messages/produce.h"
#include "server/server_fixture.h"
#include "server/shard_server.h"

namespace odradek::server {
namespace {

using runtime::ShardId;

constexpr int32_t partitions = 16;

// One client of a broker whose shards all have a server; it came in on the first shard.
class ConnectionExchangeTest : public api::ApiTest {
 protected:
  ConnectionExchangeTest() {
    create_topic("t", partitions);
    for (uint32_t i = 0; i < shard_count(); ++i) {
      servers_.push_back(std::make_unique<ShardServer>(cluster.at(ShardId{i}).services, ServerOptions(), exchange_));
      exchange_.set(ShardId{i}, servers_.back().get());
    }
    client_ = connect();
  }
  ~ConnectionExchangeTest() override {
    drain();
    run(tasks_.join());
  }

  [[nodiscard]] size_t shard_count() { return router().shard_count(); }
  [[nodiscard]] replication::PartitionRouter& router() { return services().partitions; }
  [[nodiscard]] ShardId last_shard() { return ShardId{static_cast<uint32_t>(shard_count() - 1)}; }
  [[nodiscard]] bool may_move() { return last_shard() != ShardId{0}; }

  std::unique_ptr<runtime::Socket> connect() {
    SocketPair pair = run(connect_pair());
    servers_.front()->take(std::move(pair.server), "PLAINTEXT");
    return std::move(pair.client);
  }
  void drain() {
    run(router().shards().on_all([this]() -> runtime::Task<void> {
      runtime::Shard& here = runtime::Shard::current();
      co_await servers_[here.id().raw()]->drain(here.in(std::chrono::seconds(5)));
    }));
  }

  // Some partition of the topic that the shard owns.
  int32_t partition_of(ShardId shard) {
    const TopicId topic = services().image()->topic("t")->id;
    for (int32_t i = 0; i < partitions; ++i) {
      if (router().owner({.topic = topic, .index = PartitionIndex{i}}) == shard) {
        return i;
      }
    }
    ADD_FAILURE() << "no partition for a shard";
    return 0;
  }

  void send_produce(int32_t partition, const std::string& value) {
    protocol::ProduceRequest request;
    request.acks = -1;
    request.timeout_ms = 30'000;
    auto& topic = request.topic_data.emplace_back();
    topic.name = "t";
    auto& asked = topic.partition_data.emplace_back();
    asked.index = partition;
    asked.records = Blob(api::test_batch({value}));
    auto frame = protocol::request_frame(request, 12, next_id_++, protocol::Text("test"));
    tasks_.spawn(write(*client_, *std::move(frame)));
  }
  // Each when the one before is answered.
  void produce(int32_t partition, int count, const std::string& value = "v") {
    for (int i = 0; i < count; ++i) {
      send_produce(partition, value);
      expect_replies(1);
    }
  }
  // Replies in order, none missing.
  void expect_replies(int count) {
    for (int i = 0; i < count; ++i) {
      ASSERT_EQ(run(read_reply(*client_)), next_reply_++);
    }
  }
  [[nodiscard]] std::vector<size_t> connections() const {
    std::vector<size_t> counts;
    for (const auto& server : servers_) {
      counts.push_back(server->connection_count());
    }
    return counts;
  }
  [[nodiscard]] uint64_t moves() const {
    uint64_t all = 0;
    for (const auto& server : servers_) {
      all += server->counters().connections_moved_here;
    }
    return all;
  }

  ConnectionExchange exchange_{services().partitions.shards()};
  std::vector<std::unique_ptr<ShardServer>> servers_;
  std::unique_ptr<runtime::Socket> client_;
  runtime::TaskGroup tasks_;

 private:
  static runtime::Task<void> write(runtime::Socket& socket, ByteChain bytes) {
    [[maybe_unused]] const Result<> sent = co_await socket.write(std::move(bytes));
  }
  // The correlation id; -1 if the connection ended.
  static runtime::Task<int32_t> read_reply(runtime::Socket& socket) {
    Bytes bytes(4);
    for (const bool is_length : {true, false}) {
      for (size_t filled = 0; filled < bytes.size();) {
        const auto count = co_await socket.read_some({bytes.data() + filled, bytes.size() - filled});
        if (!count) {
          co_return -1;
        }
        filled += *count;
      }
      if (is_length) {
        bytes.resize(load_big_endian<uint32_t>(bytes.data()));
      }
    }
    co_return load_big_endian<int32_t>(bytes.data());
  }

  int32_t next_id_ = 0;
  int32_t next_reply_ = 0;
};

constexpr int enough = static_cast<int>(api::ShardAffinity::enough);

TEST_F(ConnectionExchangeTest, AConnectionMovesToTheShardThatDoesItsWork) {
  produce(partition_of(last_shard()), enough + 10);
  std::vector<size_t> expected(shard_count());
  expected.back() = 1;
  EXPECT_EQ(connections(), expected);
  EXPECT_EQ(moves(), may_move() ? 1 : 0);
}

TEST_F(ConnectionExchangeTest, ItMovesAgainWhenItsWorkDoes) {
  produce(partition_of(last_shard()), enough + 10);
  produce(partition_of(ShardId{0}), enough + 10);
  std::vector<size_t> expected(shard_count());
  expected.front() = 1;
  EXPECT_EQ(connections(), expected);
  EXPECT_EQ(moves(), may_move() ? 2 : 0);
}

TEST_F(ConnectionExchangeTest, APipelineMovesWithoutLosingARequest) {
  constexpr int in_flight = 5;
  constexpr int all = 20 * enough;
  const int32_t partition = partition_of(last_shard());
  for (int i = 0; i < all; ++i) {
    send_produce(partition, "v");
    if (i >= in_flight) {
      expect_replies(1);
    }
  }
  expect_replies(in_flight);
  EXPECT_EQ(append("t", partition, api::test_batch({"next"})), all);
}

TEST_F(ConnectionExchangeTest, WorkOnSeveralShardsKeepsItWhereItIs) {
  const int32_t here = partition_of(ShardId{0});
  const int32_t there = partition_of(last_shard());
  for (int i = 0; i < 2 * enough; ++i) {
    produce(i % 2 == 0 ? here : there, 1);
  }
  EXPECT_EQ(moves(), 0);
}

TEST_F(ConnectionExchangeTest, LargeRequestsDoNotMind) {
  produce(partition_of(last_shard()), enough + 10, std::string(5000, 'x'));
  EXPECT_EQ(moves(), 0);
}

TEST_F(ConnectionExchangeTest, NoShardDrawsMoreThanTwiceItsShare) {
  if (!may_move()) {
    GTEST_SKIP() << "one shard has them all";
  }
  std::vector<std::unique_ptr<runtime::Socket>> others;
  for (int i = 0; i < 99; ++i) {
    others.push_back(connect());
  }
  const auto share = static_cast<int32_t>(100 / shard_count());
  EXPECT_TRUE(exchange_.has_room(last_shard()));
  exchange_.count(last_shard(), 2 * share);
  EXPECT_EQ(exchange_.has_room(last_shard()), 2 * share < 2 * (100 + 2 * share) / static_cast<int32_t>(shard_count()));
  exchange_.count(last_shard(), 1000);
  EXPECT_EQ(exchange_.has_room(last_shard()), shard_count() == 2) << "two shards may each have all";
  if (shard_count() > 2) {
    produce(partition_of(last_shard()), enough + 10);
    EXPECT_EQ(moves(), 0);
  }
  exchange_.count(last_shard(), -(1000 + 2 * share));
}

TEST_F(ConnectionExchangeTest, AServerThatDrainsTakesNoneOver) {
  const int32_t partition = partition_of(last_shard());
  produce(partition, enough - 1);
  if (may_move()) {
    run(router().shards().on(last_shard(), [this]() -> runtime::Task<void> {
      co_await servers_.back()->drain(runtime::Shard::current().in(std::chrono::seconds(5)));
    }));
    produce(partition, 1);
    sim.run_for(std::chrono::milliseconds(100));
    EXPECT_EQ(connections(), std::vector<size_t>(shard_count()));
  }
}

}  // namespace
}  // namespace odradek::server
