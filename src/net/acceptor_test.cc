// With ODRADEK_TEST_SHARDS these tests run on so many shards.
#include "net/acceptor.h"

#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "runtime/sim/sim_test.h"

namespace odradek::net {
namespace {

class AcceptorTest : public runtime::SimTest {
 protected:
  AcceptorTest() {
    auto opened = run(Acceptor::open(sim, {.host = "127.0.0.1", .port = 0}, {}, [this](auto socket) {
      ++taken_[runtime::Shard::current().id()];
      EXPECT_FALSE(has_stopped_) << "no connection comes after the end";
      sockets_.push_back(std::move(socket));
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

  std::unique_ptr<Acceptor> acceptor_;
  std::map<runtime::ShardId, int> taken_;
  std::vector<std::unique_ptr<runtime::Socket>> sockets_;
  bool has_stopped_ = false;
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

TEST_F(AcceptorTest, AnAcceptorThatNeverStartedStops) { stop(); }

}  // namespace
}  // namespace odradek::net
