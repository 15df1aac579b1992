#include "runtime/runtime_fixture.h"

#include <stdlib.h>

#include <filesystem>

#include "runtime/real/real_runtime.h"
#include "runtime/sim/sim_test.h"

namespace odradek::runtime {
namespace {

class SimWorld final : public World {
 public:
  SimWorld() : sim_(SimOptions{.seed = test_seed(), .shards = test_shards()}) {
    directory_ = "/data/test";
    EXPECT_TRUE(sim_.disk().create_directories(directory_).has_value());
  }
  void run(Task<void> task) override { sim_.run(std::move(task)); }
  [[nodiscard]] ShardSet& shards() override { return sim_; }

 private:
  SimRuntime sim_;
};

class RealWorld final : public World {
 public:
  RealWorld() {
    std::string pattern = std::filesystem::temp_directory_path() / "odradek-runtime-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    auto started = RealRuntime::start({.shards = test_shards(), .io_threads = 2, .file_descriptors_max = 16});
    EXPECT_TRUE(started.has_value());
    runtime_ = *std::move(started);
  }
  RealWorld(const RealWorld&) = delete;
  RealWorld& operator=(const RealWorld&) = delete;
  ~RealWorld() override {
    runtime_.reset();
    std::filesystem::remove_all(directory_);
  }
  void run(Task<void> task) override { runtime_->run(std::move(task)); }
  [[nodiscard]] ShardSet& shards() override { return *runtime_; }

 private:
  std::unique_ptr<RealRuntime> runtime_;
};

}  // namespace

std::unique_ptr<World> make_world(WorldKind kind) {
  switch (kind) {
    case WorldKind::Simulated: return std::make_unique<SimWorld>();
    case WorldKind::Real: return std::make_unique<RealWorld>();
  }
  unreachable();
}

}  // namespace odradek::runtime
