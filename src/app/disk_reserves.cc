#include "app/disk_reserves.h"

#include <utility>

#include "runtime/shard.h"

namespace odradek::app {
namespace {

constexpr runtime::Duration look_round = std::chrono::seconds(1);

}  // namespace

runtime::Task<void> DiskReserves::add(std::string directory, uint64_t bytes) {
  reserves_.emplace_back(std::move(directory), bytes);
  told_full_.push_back(false);
  co_await look(reserves_.size() - 1);
}

void DiskReserves::start(Tell tell) {
  tell_ = std::move(tell);
  tasks_.spawn(rounds());
}

runtime::Task<void> DiskReserves::stop() {
  is_stopping_ = true;
  stopping_.notify();
  co_await tasks_.join();
}

runtime::Task<void> DiskReserves::rounds() {
  while (!is_stopping_) {
    for (size_t i = 0; i < reserves_.size(); ++i) {
      co_await look(i);
      const bool is_full = reserves_[i].is_spent();
      if (is_full != told_full_[i]) {
        told_full_[i] = is_full;
        log_.warn(is_full ? "disk_full" : "disk_has_room").with("directory", reserves_[i].directory());
        co_await tell_(i, is_full);
      }
    }
    co_await stopping_.wait(runtime::Shard::current().in(look_round));
  }
}

runtime::Task<void> DiskReserves::look(size_t index) {
  const Result<> looked = co_await reserves_[index].look();
  if (!looked) {
    log_.limited(observe::LogLevel::Warn, "reserve_failed")
        .with("directory", reserves_[index].directory())
        .with("reason", looked.error().message);
  }
}

}  // namespace odradek::app
