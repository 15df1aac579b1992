#include <memory>
#include <string>

#include "runtime/sim/sim_test.h"
#include "runtime/task_group.h"

namespace odradek::runtime {
namespace {

constexpr uint16_t port = 9092;

// A second process that listens, and answers each connection with one byte after another.
class SimProcessTest : public SimTest {
 protected:
  SimProcessTest() { EXPECT_TRUE(disk().create_directories("/data").has_value()); }

  static Task<void> serve(int& turns) {
    auto listener = co_await Shard::current().network().listen({.host = "127.0.0.1", .port = port}, {});
    auto accepted = co_await (*listener)->accept();
    auto socket = Shard::current().network().adopt(*std::move(accepted));
    for (;;) {
      ++turns;
      ByteChain byte;
      byte.append(Blob(Bytes{'x'}));
      static_cast<void>(co_await (*socket)->write(std::move(byte)));
      co_await sleep_for(std::chrono::milliseconds(10));
    }
  }
  static Async<std::unique_ptr<Socket>> connect() {
    co_return co_await Shard::current().network().connect({.host = "127.0.0.1", .port = port}, {});
  }
  static Async<size_t> read_byte(Socket& socket) {
    uint8_t byte[1];
    co_return co_await socket.read_some(byte);
  }
  static Task<void> hold_lock() {
    const auto lock = co_await Shard::current().files().lock("/data/.lock");
    co_await sleep_for(std::chrono::hours(1));
  }

  int turns_ = 0;
};

TEST_F(SimProcessTest, AKilledProcessRunsNoMoreAndItsPeersAreCutOff) {
  SimProcess& server = sim.start_process(2);
  server.start(serve(turns_));
  sim.run_for(std::chrono::milliseconds(5));
  auto socket = run(connect());
  ASSERT_TRUE(socket.has_value());
  ASSERT_TRUE(run(read_byte(**socket)).has_value());
  const int before = turns_;
  sim.kill(server);
  sim.run_for(std::chrono::seconds(1));
  EXPECT_EQ(turns_, before);
  while (run(read_byte(**socket))) {
  }
  EXPECT_EQ(run(connect()).error().code, Errc::ConnectionClosed);
}

TEST_F(SimProcessTest, AKilledProcessGivesUpItsLocks) {
  SimProcess& owner = sim.start_process(1);
  owner.start(hold_lock());
  sim.run_for(std::chrono::seconds(1));
  EXPECT_EQ(run(files().lock("/data/.lock")).error().code, Errc::Locked);
  sim.kill(owner);
  EXPECT_TRUE(run(files().lock("/data/.lock")).has_value());
}

TEST_F(SimProcessTest, AnInterruptComesBetweenTwoStepsAndOnce) {
  int interrupts = 0;
  const uint64_t at = sim.steps() + 3;
  sim.interrupt([this, at] { return sim.steps() >= at; },
                [&] {
                  EXPECT_EQ(sim.steps(), at);
                  ++interrupts;
                });
  SimProcess& server = sim.start_process(1);
  server.start(serve(turns_));
  auto socket = run(connect());
  sim.run_for(std::chrono::seconds(1));
  EXPECT_EQ(interrupts, 1);
  sim.kill(server);
}

TEST_F(SimProcessTest, WhatIsHeldArrivesLaterAndInOrder) {
  SimProcess& server = sim.start_process(1);
  server.start(serve(turns_));
  sim.run_for(std::chrono::milliseconds(5));
  auto socket = run(connect());
  ASSERT_TRUE(run(read_byte(**socket)).has_value());
  const MonotonicTime until = sim.now() + std::chrono::seconds(3);
  sim.wires().hold(Way::FromListener, until);
  while (sim.now() < until) {
    // What had arrived may still be read.
    ASSERT_TRUE(run(read_byte(**socket)).has_value());
    ASSERT_TRUE(sim.now() >= until || sim.now() < until - std::chrono::milliseconds(2900));
  }
  sim.kill(server);
}

TEST_F(SimProcessTest, AResetConnectionFailsOnBothEnds) {
  SimProcess& server = sim.start_process(1);
  server.start(serve(turns_));
  sim.run_for(std::chrono::milliseconds(5));
  auto socket = run(connect());
  sim.wires().reset(1, sim.chance());
  EXPECT_EQ(run(read_byte(**socket)).error().code, Errc::ConnectionClosed);
  sim.kill(server);
}

}  // namespace
}  // namespace odradek::runtime
