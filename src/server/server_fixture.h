// Two ends of one connection in the simulator. The tests run on as many shards as ODRADEK_TEST_SHARDS says.
#pragma once

#include <memory>
#include <utility>

#include <gtest/gtest.h>

#include "runtime/sim/sim_test.h"
#include "runtime/socket.h"

namespace odradek::server {

struct SocketPair {
  std::unique_ptr<runtime::Socket> client;
  std::unique_ptr<runtime::Socket> server;
};

inline runtime::Task<SocketPair> connect_pair() {
  runtime::Network& network = runtime::Shard::current().network();
  auto listener = co_await network.listen({.host = "127.0.0.1", .port = 0}, {});
  ensure(listener.has_value(), "the simulator has ports");
  auto client = co_await network.connect((*listener)->local(), {});
  auto accepted = co_await (*listener)->accept();
  ensure(client && accepted, "both ends meet");
  auto server = network.adopt(*std::move(accepted));
  ensure(server.has_value(), "the simulator adopts");
  co_return SocketPair{.client = *std::move(client), .server = *std::move(server)};
}

}  // namespace odradek::server
