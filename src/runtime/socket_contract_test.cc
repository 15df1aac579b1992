#include "runtime/socket.h"

#include <algorithm>
#include <string>
#include <utility>

#include "runtime/runtime_fixture.h"
#include "runtime/task_group.h"
#include "runtime/wait.h"

// Runs with ODRADEK_TEST_SHARDS shards.
namespace odradek::runtime {
namespace {

CONTRACT_SUITE(SocketContract);

// Both ends of a connection, on this shard.
struct Ends {
  std::unique_ptr<Socket> client;
  std::unique_ptr<Socket> server;
};

Task<std::unique_ptr<Listener>> listening(World& world) {
  auto listener = co_await world.network().listen({.host = "127.0.0.1", .port = 0}, {});
  ensure(listener.has_value(), "a port of the system's choice is free");
  co_return *std::move(listener);
}

Task<Ends> connected(World& world) {
  const auto listener = co_await listening(world);
  auto client = co_await world.network().connect(listener->local(), {});
  auto accepted = co_await listener->accept();
  ensure(client.has_value() && accepted.has_value(), "the two ends meet");
  auto server = world.network().adopt(*std::move(accepted));
  co_return Ends{.client = *std::move(client), .server = *std::move(server)};
}

ByteChain chain_of(std::string_view text) {
  ByteChain chain;
  chain.append(Blob(Bytes(text.begin(), text.end())));
  return chain;
}

// Everything up to the end of the stream, or `size` bytes.
Task<Bytes> received(Socket& socket, size_t size) {
  Bytes all;
  Bytes buffer(100'000);
  while (all.size() < size) {
    const auto count =
        co_await socket.read_some(MutableByteView(buffer).first(std::min(buffer.size(), size - all.size())));
    if (!count) {
      EXPECT_EQ(count.error().code, Errc::ConnectionClosed);
      break;
    }
    all.insert(all.end(), buffer.begin(), buffer.begin() + static_cast<ptrdiff_t>(*count));
  }
  co_return all;
}

Bytes pattern(size_t size) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<uint8_t>(i * 31 + i / 4096);
  }
  return bytes;
}

// Both ends on this shard; the server's end has lived on the last one before.
Task<Ends> connected_through_another_shard(World& world) {
  Ends ends = co_await connected(world);
  EXPECT_TRUE((co_await ends.client->write(chain_of("first"))).has_value());
  const Bytes first = co_await received(*ends.server, 5);
  EXPECT_EQ(as_text(first), "first");
  const ShardId there{static_cast<uint32_t>(world.shards().size() - 1)};
  auto released = ends.server->release();
  EXPECT_NE(released, nullptr);
  EXPECT_TRUE((co_await ends.client->write(chain_of("second"))).has_value());
  released = co_await world.shards().on(there, [&released]() -> Task<std::unique_ptr<Accepted>> {
    auto socket = Shard::current().network().adopt(std::move(released));
    ensure(socket.has_value(), "what was released is adopted");
    const Bytes second = co_await received(**socket, 6);
    EXPECT_EQ(as_text(second), "second");
    EXPECT_TRUE((co_await (*socket)->write(chain_of("answer"))).has_value());
    co_return (*socket)->release();
  });
  auto back = world.network().adopt(std::move(released));
  ensure(back.has_value(), "what was released is adopted");
  ends.server = *std::move(back);
  co_return ends;
}

CONTRACT_TEST(SocketContract, AConnectionGoesOnOnAnotherShard) {
  const Ends ends = co_await connected_through_another_shard(world);
  const Bytes answer = co_await received(*ends.client, 6);
  EXPECT_EQ(as_text(answer), "answer");
  EXPECT_EQ(ends.server->peer().port, ends.client->local().port);
  EXPECT_TRUE((co_await ends.client->write(chain_of("third"))).has_value());
  const Bytes third = co_await received(*ends.server, 5);
  EXPECT_EQ(as_text(third), "third");
  ends.client->close();
  const Bytes rest = co_await received(*ends.server, 1);
  EXPECT_TRUE(rest.empty());
}

CONTRACT_TEST(SocketContract, ASocketThatWasReleasedIsClosed) {
  const Ends ends = co_await connected(world);
  {
    const auto released = ends.server->release();
    EXPECT_NE(released, nullptr);
    EXPECT_EQ(ends.server->release(), nullptr);
    EXPECT_EQ((co_await ends.server->write(chain_of("x"))).error().code, Errc::ConnectionClosed);
  }
  const Bytes rest = co_await received(*ends.client, 1);
  EXPECT_TRUE(rest.empty()) << "dropped, it is closed";
}

CONTRACT_TEST(SocketContract, BytesArriveInOrderBothWays) {
  const Ends ends = co_await connected(world);
  EXPECT_EQ(ends.client->peer().port, ends.server->local().port);
  EXPECT_EQ(ends.server->peer().port, ends.client->local().port);
  EXPECT_EQ(ends.server->peer().host, "127.0.0.1");
  EXPECT_TRUE((co_await ends.client->write(chain_of("question"))).has_value());
  const Bytes question = co_await received(*ends.server, 8);
  EXPECT_EQ(as_text(question), "question");
  EXPECT_TRUE((co_await ends.server->write(chain_of("answer"))).has_value());
  const Bytes answer = co_await received(*ends.client, 6);
  EXPECT_EQ(as_text(answer), "answer");
}

Task<void> write_and_close(Socket& socket, ByteChain bytes) {
  EXPECT_TRUE((co_await socket.write(std::move(bytes))).has_value());
  socket.close();
}

CONTRACT_TEST(SocketContract, MemoryAndFileRangesBeyondTheSocketBufferArriveWhole) {
  const Bytes contents = pattern(3 << 20);
  auto file = co_await world.files().open(world.open_directory(), "log", OpenMode::Create);
  EXPECT_TRUE((co_await (*file)->write(0, {ByteView(contents)})).has_value());
  const auto range = co_await (*file)->range(100, contents.size() - 200);
  ByteChain chain = chain_of("head");
  chain.append(*range);
  chain.append(chain_of("middle"));
  chain.append(range->slice(0, 10));
  chain.append(Blob(contents));
  const size_t size = chain.size();

  const Ends ends = co_await connected(world);
  TaskGroup group;
  group.spawn(write_and_close(*ends.server, std::move(chain)));
  co_await sleep_for(std::chrono::milliseconds(20));  // the reader is late: the writer has to wait for room
  const Bytes all = co_await received(*ends.client, size + 1);
  co_await group.join();
  EXPECT_EQ(all.size(), size);
  Bytes expected{'h', 'e', 'a', 'd'};
  expected.insert(expected.end(), contents.begin() + 100, contents.end() - 100);
  for (const char c : std::string("middle")) {
    expected.push_back(static_cast<uint8_t>(c));
  }
  expected.insert(expected.end(), contents.begin() + 100, contents.begin() + 110);
  expected.insert(expected.end(), contents.begin(), contents.end());
  EXPECT_TRUE(all == expected);
}

CONTRACT_TEST(SocketContract, ARangeBeyondTheEndOfItsFileFails) {
  auto file = co_await world.files().open(world.open_directory(), "log", OpenMode::Create);
  EXPECT_TRUE((co_await (*file)->truncate(10)).has_value());
  const auto range = co_await (*file)->range(5, 10);
  ByteChain chain;
  chain.append(*range);
  const Ends ends = co_await connected(world);
  const auto written = co_await ends.server->write(std::move(chain));
  EXPECT_EQ(written.error().code, Errc::Io);
}

CONTRACT_TEST(SocketContract, TheEndOfTheStreamIsReadableAndThenClosed) {
  Ends ends = co_await connected(world);
  EXPECT_TRUE((co_await ends.client->write(chain_of("x"))).has_value());
  ends.client.reset();
  EXPECT_TRUE((co_await ends.server->readable()).has_value());
  const Bytes all = co_await received(*ends.server, 10);
  EXPECT_EQ(as_text(all), "x");
  EXPECT_TRUE((co_await ends.server->readable()).has_value());
  Bytes buffer(1);
  const auto count = co_await ends.server->read_some(buffer);
  EXPECT_EQ(count.error().code, Errc::ConnectionClosed);
}

CONTRACT_TEST(SocketContract, BytesThatCameBeforeTheWaitAreReadable) {
  const Ends ends = co_await connected(world);
  Bytes buffer(10);
  for (int round = 0; round < 3; ++round) {
    EXPECT_TRUE((co_await ends.client->write(chain_of("abc"))).has_value());
    EXPECT_TRUE((co_await ends.server->readable()).has_value());
    for (size_t got = 0; got < 3;) {  // they may come one by one
      const auto count = co_await ends.server->read_some(buffer);
      got += count.value();
    }
    EXPECT_TRUE((co_await ends.client->write(chain_of("de"))).has_value());
    co_await sleep_for(std::chrono::milliseconds(5));  // the loop has heard of them while nobody waits
    EXPECT_TRUE((co_await ends.server->readable()).has_value());
    EXPECT_TRUE((co_await ends.server->readable()).has_value());  // for as long as they are not read
    const Bytes rest = co_await received(*ends.server, 2);
    EXPECT_EQ(as_text(rest), "de");
  }
}

Task<void> note_readable(Socket& socket, bool& is_readable) {
  EXPECT_TRUE((co_await socket.readable()).has_value());
  is_readable = true;
}

CONTRACT_TEST(SocketContract, NothingIsReadableOnceAllThereWasHasBeenRead) {
  const Ends ends = co_await connected(world);
  EXPECT_TRUE((co_await ends.client->write(chain_of("abc"))).has_value());
  EXPECT_TRUE((co_await ends.server->readable()).has_value());
  const Bytes all = co_await received(*ends.server, 3);  // asks for no more than that
  EXPECT_EQ(as_text(all), "abc");
  bool is_readable = false;
  TaskGroup group;
  group.spawn(note_readable(*ends.server, is_readable));
  co_await sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(is_readable);
  EXPECT_TRUE((co_await ends.client->write(chain_of("d"))).has_value());
  co_await group.join();
  EXPECT_TRUE(is_readable);
}

CONTRACT_TEST(SocketContract, TheEndThatCameWithTheLastBytesIsReadable) {
  Ends ends = co_await connected(world);
  EXPECT_TRUE((co_await ends.client->write(chain_of("x"))).has_value());
  ends.client.reset();
  co_await sleep_for(std::chrono::milliseconds(5));
  Bytes buffer(10);
  const auto last = co_await ends.server->read_some(buffer);
  EXPECT_EQ(last.value(), 1U);
  EXPECT_TRUE((co_await ends.server->readable()).has_value());
  const auto none = co_await ends.server->read_some(buffer);
  EXPECT_EQ(none.error().code, Errc::ConnectionClosed);
}

Task<void> expect_closed_while_reading(Socket& socket) {
  const auto ready = co_await socket.readable();
  EXPECT_EQ(ready.error().code, Errc::ConnectionClosed);
}

Task<void> expect_closed_while_writing(Socket& socket) {
  ByteChain chain;
  chain.append(Blob(pattern(64 << 20)));
  const auto written = co_await socket.write(std::move(chain));
  EXPECT_EQ(written.error().code, Errc::ConnectionClosed);
}

CONTRACT_TEST(SocketContract, CloseEndsReadsAndWritesUnderWay) {
  const Ends ends = co_await connected(world);
  TaskGroup group;
  group.spawn(expect_closed_while_reading(*ends.server));
  group.spawn(expect_closed_while_writing(*ends.server));
  co_await sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(group.running(), 2U);
  ends.server->close();
  ends.server->close();
  co_await group.join();
  const auto written = co_await ends.server->write(chain_of("late"));
  EXPECT_EQ(written.error().code, Errc::ConnectionClosed);
}

CONTRACT_TEST(SocketContract, WritingToAPeerThatIsGoneFails) {
  Ends ends = co_await connected(world);
  ends.client.reset();
  Result<> written;
  for (int i = 0; written && i < 100; ++i) {
    co_await sleep_for(std::chrono::milliseconds(1));
    written = co_await ends.server->write(chain_of("anybody?"));
  }
  EXPECT_FALSE(written.has_value());
  EXPECT_EQ(written.error().code, Errc::ConnectionClosed);
}

CONTRACT_TEST(SocketContract, APortIsListenedToOnceAndFreeAfterwards) {
  auto listener = co_await listening(world);
  const Endpoint at = listener->local();
  EXPECT_NE(at.port, 0);
  const auto second = co_await world.network().listen(at, {});
  EXPECT_EQ(second.error().code, Errc::AddressInUse);
  listener.reset();
  const auto third = co_await world.network().listen(at, {});
  EXPECT_TRUE(third.has_value());
  (*third)->close();
  const auto nobody = co_await world.network().connect(at, {});
  EXPECT_EQ(nobody.error().code, Errc::ConnectionClosed);
}

Task<void> expect_no_more_connections(Listener& listener) {
  const auto accepted = co_await listener.accept();
  EXPECT_EQ(accepted.error().code, Errc::Cancelled);
}

CONTRACT_TEST(SocketContract, ClosingAListenerEndsItsAccept) {
  const auto listener = co_await listening(world);
  TaskGroup group;
  group.spawn(expect_no_more_connections(*listener));
  co_await sleep_for(std::chrono::milliseconds(5));
  listener->close();
  co_await group.join();
}

// Answers one line on whatever shard this runs on.
Task<bool> serve_one(std::unique_ptr<Accepted> accepted) {
  auto socket = Shard::current().network().adopt(std::move(accepted));
  const Bytes question = co_await received(**socket, 4);
  const auto written = co_await (*socket)->write(chain_of(as_text(question)));
  co_return written.has_value();
}

CONTRACT_TEST(SocketContract, AConnectionIsServedOnTheShardThatAdoptsIt) {
  const auto listener = co_await listening(world);
  for (uint32_t i = 0; i < world.shards().size(); ++i) {
    auto client = co_await world.network().connect(listener->local(), {});
    EXPECT_TRUE((co_await (*client)->write(chain_of("ping"))).has_value());
    auto accepted = co_await listener->accept();
    const bool served = co_await world.shards().on(
        ShardId{i}, [moved = *std::move(accepted)]() mutable { return serve_one(std::move(moved)); });
    EXPECT_TRUE(served);
    const Bytes answer = co_await received(**client, 4);
    EXPECT_EQ(as_text(answer), "ping");
  }
}

Task<void> wait_for_bytes_for_ever(Socket& socket) { static_cast<void>(co_await socket.readable()); }

CONTRACT_TEST(SocketContract, AWaitCanBeAbandonedAndTakenUpAgain) {
  const Ends ends = co_await connected(world);
  {
    // Started and destroyed before anything came.
    Task<void> abandoned = wait_for_bytes_for_ever(*ends.server);
    auto awaiter = std::move(abandoned).operator co_await();
    awaiter.await_suspend(std::noop_coroutine()).resume();
  }
  EXPECT_TRUE((co_await ends.client->write(chain_of("x"))).has_value());
  EXPECT_TRUE((co_await ends.server->readable()).has_value());
  const Bytes all = co_await received(*ends.server, 1);
  EXPECT_EQ(as_text(all), "x");
}

}  // namespace
}  // namespace odradek::runtime
