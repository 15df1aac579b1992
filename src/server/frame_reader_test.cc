#include "server/frame_reader.h"

#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "base/big_endian.h"
#include "runtime/task_group.h"
#include "server/server_fixture.h"

namespace odradek::server {
namespace {

constexpr int32_t size_max = 8 << 20;

Bytes length(int32_t size) {
  Bytes bytes(4);
  store_big_endian(bytes.data(), size);
  return bytes;
}

// A frame whose bytes differ from those of the frame with another `seed`.
Bytes body(size_t size, uint8_t seed) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<uint8_t>(i * 31 + seed);
  }
  return bytes;
}

class FrameReaderTest : public runtime::SimTest {
 protected:
  FrameReaderTest() : sockets_(run(connect_pair())) { reader_.emplace(*sockets_.server, pool_, budget_, size_max); }
  ~FrameReaderTest() override { run(tasks_.join()); }

  void send(Bytes bytes) { tasks_.spawn(send_all(*sockets_.client, Blob(std::move(bytes)))); }
  void send_frame(const Bytes& frame) {
    Bytes whole = length(static_cast<int32_t>(frame.size()));
    whole.insert(whole.end(), frame.begin(), frame.end());
    send(std::move(whole));
    settle();
  }
  void settle() { sim.run_for(std::chrono::milliseconds(5)); }
  Result<Frame> next() { return run(reader_->next()); }
  static Bytes bytes_of(const Frame& frame) { return {frame.bytes.begin(), frame.bytes.end()}; }
  // The error of the next frame.
  std::optional<Errc> refusal() {
    const auto frame = next();
    return frame ? std::nullopt : std::optional(frame.error().code);
  }

  BufferPool pool_;
  RequestBudget budget_{64 << 20};
  SocketPair sockets_;
  std::optional<FrameReader> reader_;
  runtime::TaskGroup tasks_;

 protected:
  static runtime::Task<void> read_to_the_end(FrameReader& reader, std::optional<Errc>& ended) {
    Result<Frame> frame = co_await reader.next();
    while (frame) {
      frame = co_await reader.next();
    }
    ended = frame.error().code;
  }
  static runtime::Task<void> take_into(RequestBudget& budget, uint64_t bytes, RequestBudget::Kind kind,
                                       std::optional<RequestBudget::Share>& into) {
    RequestBudget::Share share = co_await budget.take(bytes, kind);
    into.emplace(std::move(share));
  }
  static runtime::Task<void> send_all(runtime::Socket& socket, Blob bytes) {
    ByteChain chain;
    chain.append(std::move(bytes));
    [[maybe_unused]] const Result<> sent = co_await socket.write(std::move(chain));
  }
};

TEST_F(FrameReaderTest, FramesComeWholeHoweverTheStreamIsCut) {
  const std::vector<Bytes> frames = {body(1, 1), body(100, 2), body(5000, 3), body(20'000, 4), body(7, 5)};
  Bytes stream;
  for (const Bytes& frame : frames) {
    const Bytes size = length(static_cast<int32_t>(frame.size()));
    stream.insert(stream.end(), size.begin(), size.end());
    stream.insert(stream.end(), frame.begin(), frame.end());
  }
  for (const uint8_t byte : stream) {
    send({byte});
    sim.run_for(std::chrono::microseconds(3));
  }
  for (const Bytes& frame : frames) {
    const auto read = next();
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(bytes_of(*read), frame);
  }
}

TEST_F(FrameReaderTest, AFrameStaysAsItIsWhileLaterOnesAreRead) {
  std::vector<Frame> kept;
  for (uint8_t seed = 0; seed < 40; ++seed) {
    send_frame(body(3000, seed));
    auto frame = next();
    ASSERT_TRUE(frame.has_value());
    kept.push_back(*std::move(frame));
  }
  for (uint8_t seed = 0; seed < 40; ++seed) {
    EXPECT_EQ(bytes_of(kept[seed]), body(3000, seed));
  }
  EXPECT_EQ(budget_.held(), 40 * 3000);
  kept.clear();
  EXPECT_EQ(budget_.held(), 0);
}

TEST_F(FrameReaderTest, AFrameThatIsDetachedLeavesItsBufferToOthers) {
  send_frame(body(100, 1));
  auto first = next();
  ASSERT_TRUE(first.has_value());
  const void* const buffer = first->owner.get();
  reader_->detach(*first);
  EXPECT_NE(first->owner.get(), buffer);
  EXPECT_EQ(bytes_of(*first), body(100, 1));
  EXPECT_EQ(pool_.lend().get(), buffer);

  // What is behind it in the buffer is still read.
  Bytes two;
  for (const uint8_t seed : {uint8_t{2}, uint8_t{3}}) {
    const Bytes frame = body(50, seed);
    const Bytes announced = length(static_cast<int32_t>(frame.size()));
    two.insert(two.end(), announced.begin(), announced.end());
    two.insert(two.end(), frame.begin(), frame.end());
  }
  send(two);
  auto second = next();
  ASSERT_TRUE(second.has_value());
  reader_->detach(*second);
  const auto third = next();
  ASSERT_TRUE(third.has_value());
  EXPECT_EQ(bytes_of(*second), body(50, 2));
  EXPECT_EQ(bytes_of(*third), body(50, 3));
}

TEST_F(FrameReaderTest, ALargeFrameTakesMemoryAsItsBytesArrive) {
  const Bytes large = body(5 << 20, 9);
  send(length(static_cast<int32_t>(large.size())));
  std::optional<Result<Frame>> frame;
  tasks_.spawn([](FrameReader& reader, std::optional<Result<Frame>>& into) -> runtime::Task<void> {
    Result<Frame> read = co_await reader.next();
    into.emplace(std::move(read));
  }(*reader_, frame));
  settle();
  EXPECT_EQ(budget_.held(), 0) << "a length that is only announced costs nothing";
  send(Bytes(large.begin(), large.begin() + 1000));
  settle();
  EXPECT_EQ(budget_.held(), 1 << 20);
  send(Bytes(large.begin() + 1000, large.end()));
  ASSERT_TRUE(sim.run_until([&] { return frame.has_value(); }));
  ASSERT_TRUE(frame->has_value());
  EXPECT_EQ(bytes_of(**frame), large);
  EXPECT_EQ((*frame)->share.bytes(), large.size());
}

TEST_F(FrameReaderTest, NegativeAndTooLargeLengthsAreRefused) {
  send(length(-1));
  EXPECT_EQ(refusal(), Errc::MalformedMessage);
  SocketPair others = run(connect_pair());
  FrameReader second(*others.server, pool_, budget_, size_max);
  std::swap(sockets_.client, others.client);
  send(length(size_max + 1));
  settle();
  const auto frame = run(second.next());
  ASSERT_FALSE(frame.has_value());
  EXPECT_EQ(frame.error().code, Errc::MalformedMessage);
  EXPECT_EQ(budget_.held(), 0);
  std::swap(sockets_.client, others.client);
}

TEST_F(FrameReaderTest, AnEmptyFrameIsAFrame) {
  send(length(0));
  const auto frame = next();
  ASSERT_TRUE(frame.has_value());
  EXPECT_TRUE(frame->bytes.empty());
}

TEST_F(FrameReaderTest, AStreamThatEndsInsideAFrameGivesItsShareBack) {
  Bytes part = length(1000);
  part.resize(500);
  send(std::move(part));
  settle();
  sockets_.client->close();
  EXPECT_EQ(refusal(), Errc::ConnectionClosed);
  EXPECT_EQ(budget_.held(), 0);
}

TEST_F(FrameReaderTest, TheBufferGoesBackToThePoolBetweenFrames) {
  send_frame(body(10, 1));
  const uint8_t* used = nullptr;
  {
    const auto frame = next();
    ASSERT_TRUE(frame.has_value());
    used = static_cast<const uint8_t*>(frame->owner.get());
  }
  // It is given back when the reader goes on to wait.
  std::optional<Result<Frame>> frame;
  tasks_.spawn([](FrameReader& reader, std::optional<Result<Frame>>& into) -> runtime::Task<void> {
    Result<Frame> read = co_await reader.next();
    into.emplace(std::move(read));
  }(*reader_, frame));
  settle();
  EXPECT_EQ(pool_.lend().get(), used);
  sockets_.client->close();
  settle();
  EXPECT_TRUE(frame.has_value());
}

TEST(BufferPool, ABufferInUseIsNotLentAgain) {
  BufferPool pool;
  const BufferPool::Buffer buffer = pool.lend();
  pool.give_back(buffer);
  EXPECT_NE(pool.lend(), buffer);
}

TEST(BufferPool, ABufferWhoseFramesAreNoLongerInUseIsLentAgain) {
  BufferPool pool;
  BufferPool::Buffer frame = pool.lend();
  const uint8_t* const bytes = frame.get();
  pool.give_back(frame);
  frame.reset();
  EXPECT_EQ(pool.lend().get(), bytes);
}

TEST_F(FrameReaderTest, WhoSendsLittleOfALargeFrameIsCutOffWhenMemoryIsShort) {
  RequestBudget::Share most = run(budget_.take((48 << 20) - 10'000));
  send(length(size_max));
  send(Bytes(10));
  std::optional<Errc> ended;
  tasks_.spawn(read_to_the_end(*reader_, ended));
  settle();
  EXPECT_LT(budget_.held(), 48 << 20) << "no more than a little was taken for it";
  std::optional<RequestBudget::Share> wanted;
  tasks_.spawn(take_into(budget_, 9'000, RequestBudget::Kind::Large, wanted));
  sim.run_for(AwaitedPeer::grace + std::chrono::seconds(3));
  EXPECT_EQ(ended, Errc::RequestTimedOut);
  EXPECT_TRUE(wanted.has_value());
}

TEST_F(FrameReaderTest, WhoSendsLittleOfASmallFrameIsCutOffWhenMemoryIsShort) {
  RequestBudget::Share most = run(budget_.take((64 << 20) - 10'000));
  send(length(8'000));
  send(Bytes(10));
  std::optional<Errc> ended;
  tasks_.spawn(read_to_the_end(*reader_, ended));
  settle();
  std::optional<RequestBudget::Share> wanted;
  tasks_.spawn(take_into(budget_, 9'000, RequestBudget::Kind::Small, wanted));
  sim.run_for(AwaitedPeer::grace + std::chrono::seconds(3));
  EXPECT_EQ(ended, Errc::RequestTimedOut);
  EXPECT_TRUE(wanted.has_value());
}

}  // namespace
}  // namespace odradek::server
