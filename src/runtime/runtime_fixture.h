// The same tests over both runtimes: what files, sockets and shards promise must hold in each.
//
//   CONTRACT_TEST(FileContract, ReadsBackWhatWasWritten) { ... co_await ...; }
//
// The body is a coroutine on the first shard; `world` names what it runs on. It checks with EXPECT, and leaves with
// co_return where going on makes no sense. Shards: ODRADEK_TEST_SHARDS (1 where unset).
#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "runtime/file.h"
#include "runtime/shard_set.h"
#include "runtime/socket.h"
#include "runtime/task.h"

namespace odradek::runtime {

class World {
 public:
  virtual ~World() = default;
  virtual void run(Task<void> task) = 0;
  [[nodiscard]] virtual ShardSet& shards() = 0;

  // Of this test alone; exists.
  [[nodiscard]] const std::string& directory() const { return directory_; }
  [[nodiscard]] FileSystem& files() { return Shard::current().files(); }
  [[nodiscard]] Network& network() { return Shard::current().network(); }
  [[nodiscard]] Directory open_directory() const { return std::make_shared<DirectoryPath>(directory_); }

 protected:
  std::string directory_;
};

enum class WorldKind : uint8_t { Simulated, Real };
[[nodiscard]] std::unique_ptr<World> make_world(WorldKind kind);

class ContractTest : public ::testing::TestWithParam<WorldKind> {};

#define CONTRACT_TEST(suite, test)                                                        \
  static ::odradek::runtime::Task<void> suite##_##test(::odradek::runtime::World& world); \
  TEST_P(suite, test) {                                                                   \
    const auto world = ::odradek::runtime::make_world(GetParam());                        \
    world->run(suite##_##test(*world));                                                   \
  }                                                                                       \
  static ::odradek::runtime::Task<void> suite##_##test([[maybe_unused]] ::odradek::runtime::World& world)

#define CONTRACT_SUITE(suite)                                                                           \
  class suite : public ::odradek::runtime::ContractTest {};                                             \
  INSTANTIATE_TEST_SUITE_P(                                                                             \
      Runtimes, suite,                                                                                  \
      ::testing::Values(::odradek::runtime::WorldKind::Simulated, ::odradek::runtime::WorldKind::Real), \
      [](const auto& chosen) { return chosen.param == ::odradek::runtime::WorldKind::Real ? "real" : "simulated"; })

}  // namespace odradek::runtime
