#include "sim/stage.h"

namespace odradek::sim {

runtime::Task<bool> Stage::opened() {
  runtime::Waiter waiter;
  waiter.subscribe(changed_);
  while (!is_open_ && !is_over_) {
    static_cast<void>(co_await waiter.wait());
  }
  co_return !is_over_;
}

runtime::Task<void> Stage::cleared() {
  runtime::Waiter waiter;
  waiter.subscribe(changed_);
  while (visitors_ > 0) {
    static_cast<void>(co_await waiter.wait());
  }
}

void Stage::fail(std::string what) {
  if (!wrong_) {
    wrong_ = std::move(what);
  }
  end();
}

Reaction Stage::react(protocol::ErrorCode error, const Topic& topic) const {
  using protocol::ErrorCode;
  if (error == ErrorCode::None) {
    return Reaction::Accept;
  }
  const bool is_absent = error == ErrorCode::UnknownTopicOrPartition || error == ErrorCode::UnknownTopicId ||
                         error == ErrorCode::NotLeaderOrFollower;
  if (is_absent && topic.may_be_gone()) {
    return Reaction::GiveUp;
  }
  // While it stops, and while a request that had reached it waits for a partition to open.
  if (error == ErrorCode::NotLeaderOrFollower || error == ErrorCode::RequestTimedOut) {
    return Reaction::Retry;
  }
  if (error == ErrorCode::KafkaStorageError && disk_fails) {
    return Reaction::Retry;
  }
  if (error == ErrorCode::InvalidTimestamp && clock_was_back) {
    return Reaction::Retry;
  }
  return Reaction::Wrong;
}

}  // namespace odradek::sim
