// With ODRADEK_TEST_SHARDS these tests run on so many shards.
#include "net/acceptor.h"

#include <array>
#include <map>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "runtime/sim/sim_test.h"

namespace odradek::net {
namespace {

class AcceptorTest : public runtime::SimTest {
 protected:
  AcceptorTest() {
    limits_ = run(make_limits());
    auto opened =
        run(Acceptor::open(sim, {.listener = "PLAINTEXT", .at = {.host = "127.0.0.1", .port = 0}, .socket = {}},
                           limits_, [this](std::unique_ptr<runtime::Socket> socket, ConnectionSlot slot) {
                             ++taken_[runtime::Shard::current().id()];
                             EXPECT_FALSE(has_stopped_) << "no connection comes after the end";
                             sockets_.push_back(std::move(socket));
                             slots_.push_back(std::move(slot));
                           }));
    EXPECT_TRUE(opened.has_value());
    acceptor_ = *std::move(opened);
  }
  ~AcceptorTest() override { stop(); }

  std::unique_ptr<runtime::Socket> connect() {
    auto socket = run(network().connect(acceptor_->local(), {}));
    return socket ? *std::move(socket) : nullptr;
  }
  void stop() {
    run(acceptor_->stop());
    has_stopped_ = true;
  }

  static runtime::Task<std::shared_ptr<ConnectionLimits>> make_limits() {
    co_return std::make_shared<ConnectionLimits>(ConnectionLimitOptions{});
  }
  static runtime::Task<void> set(ConnectionLimits& limits, ConnectionLimitOptions options) {
    limits.set(std::move(options));
    co_return;
  }
  void limit(ConnectionLimitOptions options) { run(set(*limits_, std::move(options))); }
  size_t taken() {
    sim.run_for(std::chrono::milliseconds(10));
    return sockets_.size();
  }
  // The end of the connection taken first.
  void end_one() {
    sockets_.erase(sockets_.begin());
    slots_.erase(slots_.begin());
  }

  std::shared_ptr<ConnectionLimits> limits_;
  std::unique_ptr<Acceptor> acceptor_;
  std::map<runtime::ShardId, int> taken_;
  std::vector<std::unique_ptr<runtime::Socket>> sockets_;
  std::vector<ConnectionSlot> slots_;
  bool has_stopped_ = false;
  std::array<uint8_t, 1> byte_{};
};

TEST_F(AcceptorTest, ConnectionsGoToTheShardsInTurn) {
  acceptor_->start();
  std::vector<std::unique_ptr<runtime::Socket>> clients;
  for (size_t i = 0; i < 3 * sim.size(); ++i) {
    clients.push_back(connect());
    ASSERT_NE(clients.back(), nullptr);
  }
  sim.run_for(std::chrono::milliseconds(10));
  ASSERT_EQ(taken_.size(), sim.size());
  for (const auto& [shard, count] : taken_) {
    EXPECT_EQ(count, 3);
  }
}

TEST_F(AcceptorTest, NothingIsAcceptedBeforeTheStart) {
  const auto client = connect();
  sim.run_for(std::chrono::milliseconds(10));
  EXPECT_TRUE(taken_.empty());
  acceptor_->start();
  sim.run_for(std::chrono::milliseconds(10));
  EXPECT_EQ(taken_.size(), client == nullptr ? 0 : 1) << "it waited in the backlog";
}

TEST_F(AcceptorTest, AFloodOfConnectionsDoesNotHoldUpTheShard) {
  std::vector<std::unique_ptr<runtime::Socket>> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(connect());
  }
  acceptor_->start();
  EXPECT_LE(limits_->total(), 1) << "in one turn";
  EXPECT_EQ(taken(), 20U);
}

TEST_F(AcceptorTest, StoppingIsTheEndEvenWhileConnectionsCome) {
  acceptor_->start();
  runtime::TaskGroup clients;
  for (int i = 0; i < 20; ++i) {
    clients.spawn([](runtime::Network& network, runtime::Endpoint to) -> runtime::Task<void> {
      [[maybe_unused]] const auto socket = co_await network.connect(to, {});
    }(network(), acceptor_->local()));
  }
  stop();
  run(clients.join());
  sim.run_for(std::chrono::milliseconds(10));
}

TEST_F(AcceptorTest, AFullBrokerLetsConnectionsWait) {
  ConnectionLimitOptions options;
  options.total_max = 2;
  limit(options);
  acceptor_->start();
  std::vector<std::unique_ptr<runtime::Socket>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(connect());
  }
  EXPECT_EQ(taken(), 2U);
  end_one();
  EXPECT_EQ(taken(), 2U) << "the place of the one that ended";
  EXPECT_EQ(limits_->total(), 2);
  limit({});
  EXPECT_EQ(taken(), 3U);
}

TEST_F(AcceptorTest, AFullListenerLetsConnectionsWait) {
  ConnectionLimitOptions options;
  options.listener_max = {{"PLAINTEXT", 1}, {"OTHER", 0}};
  limit(options);
  acceptor_->start();
  const auto first = connect();
  const auto second = connect();
  EXPECT_EQ(taken(), 1U);
}

TEST_F(AcceptorTest, TheProtectedListenerIsNotHeldBackByTheOthers) {
  ConnectionLimitOptions options;
  options.total_max = 1;
  options.protected_listener = "PLAINTEXT";
  limit(options);
  acceptor_->start();
  const auto first = connect();
  const auto second = connect();
  EXPECT_EQ(taken(), 2U);
}

TEST_F(AcceptorTest, OneTooManyFromAnAddressIsClosed) {
  ConnectionLimitOptions options;
  options.address_max = 5;
  options.address_overrides = {{"127.0.0.1", 1}};
  limit(options);
  acceptor_->start();
  const auto first = connect();
  const auto second = connect();
  EXPECT_EQ(taken(), 1U);
  EXPECT_FALSE(run(second->readable()).has_value() && run(second->read_some(byte_)).has_value());
  end_one();
  const auto third = connect();
  EXPECT_EQ(taken(), 1U);
}

TEST_F(AcceptorTest, ConnectionsComeNoFasterThanAllowed) {
  ConnectionLimitOptions options;
  options.per_second_max = 10;
  limit(options);
  acceptor_->start();
  std::vector<std::unique_ptr<runtime::Socket>> clients;
  for (int i = 0; i < 30; ++i) {
    clients.push_back(connect());
  }
  const size_t at_first = taken();
  EXPECT_LE(at_first, 12U) << "what a second allows at once";
  sim.run_for(std::chrono::seconds(1));
  EXPECT_NEAR(static_cast<double>(taken() - at_first), 10, 2);
}

TEST_F(AcceptorTest, AnAcceptorThatNeverStartedStops) { stop(); }

}  // namespace
}  // namespace odradek::net
