#include "sim/broker_process.h"

#include <utility>

#include "config/broker_config.h"

namespace odradek::sim {

BrokerProcess::BrokerProcess(runtime::SimRuntime& world, uint32_t shards, std::vector<config::Property> properties)
    : world_(world), shards_(shards), properties_(std::move(properties)) {}

// From the process to us, as the news of a connection would come.
void BrokerProcess::tell() {
  world_.at(runtime::ShardId{0}).post([this] { changed_.notify_all(); });
}

runtime::Task<void> BrokerProcess::boot(BrokerProcess& self, std::shared_ptr<Run> run) {
  runtime::SimProcess& process = *self.process_;
  auto config = config::BrokerConfig::load(self.properties_, {.root = true, .home = "/"});
  ensure(config.has_value(), "the simulated broker's configuration is valid");
  auto broker = co_await app::Broker::start(process, *std::move(config));
  if (broker) {
    run->broker = *std::move(broker);
    run->started = Result<>{};
  } else {
    run->started = std::unexpected(broker.error());
  }
  self.tell();
}

runtime::Task<void> BrokerProcess::shut_down(BrokerProcess& self, std::shared_ptr<Run> run) {
  const bool is_clean = co_await run->broker->stop([](size_t) {});
  run->broker.reset();
  run->stopped = is_clean;
  self.tell();
}

runtime::Async<> BrokerProcess::start() {
  process_ = &world_.start_process(shards_);
  run_ = std::make_shared<Run>();
  process_->start(boot(*this, run_));
  runtime::Waiter waiter;
  waiter.subscribe(changed_);
  while (process_ != nullptr && !run_->started) {
    static_cast<void>(co_await waiter.wait());
  }
  if (process_ == nullptr) {
    co_return fail(Errc::Cancelled, "killed while it started");
  }
  const Result<> started = *run_->started;
  if (!started) {
    kill();  // there is nothing left of it but what a failed start may have left behind
  }
  co_return started;
}

runtime::Task<bool> BrokerProcess::stop() {
  process_->start(shut_down(*this, run_));
  runtime::Waiter waiter;
  waiter.subscribe(changed_);
  while (process_ != nullptr && !run_->stopped) {
    static_cast<void>(co_await waiter.wait());
  }
  if (process_ == nullptr) {
    co_return false;
  }
  const bool is_clean = *run_->stopped;
  world_.end(*std::exchange(process_, nullptr));
  co_return is_clean;
}

void BrokerProcess::kill() {
  if (process_ != nullptr) {
    // What the process owns stays where it is: its coroutines still refer to it, and will never run again.
    static_cast<void>(run_->broker.release());
    world_.kill(*std::exchange(process_, nullptr));
    changed_.notify_all();
  }
}

runtime::Task<void> BrokerProcess::killed(runtime::Deadline deadline) {
  runtime::Waiter waiter;
  waiter.subscribe(changed_);
  while (process_ != nullptr) {
    const bool in_time = co_await waiter.wait(deadline);
    if (!in_time) {
      co_return;
    }
  }
}

}  // namespace odradek::sim
