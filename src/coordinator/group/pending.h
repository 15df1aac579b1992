// An answer that somebody else will give: a JoinGroup that waits for the other members.
//
// Held by shared_ptr by the one who waits and the one who answers. The first answer counts. Belongs to one shard;
// without anybody waiting it needs no shard at all, so pure classes may hold it.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "runtime/task.h"
#include "runtime/wait.h"

namespace odradek::coordinator {

template <typename T>
class Pending {
 public:
  void answer(T value) {
    if (!value_) {
      value_ = std::move(value);
      answered_.notify_all();
    }
  }
  [[nodiscard]] bool is_answered() const { return value_.has_value(); }
  [[nodiscard]] const std::optional<T>& value() const { return value_; }

  [[nodiscard]] static runtime::Task<T> wait(std::shared_ptr<Pending> pending) {
    runtime::Waiter waiter;
    waiter.subscribe(pending->answered_);
    while (!pending->value_) {
      co_await waiter.wait();
    }
    co_return *std::move(pending->value_);
  }

 private:
  std::optional<T> value_;
  runtime::Signal answered_;
};

}  // namespace odradek::coordinator
