// All shards of this process: send a call to another and await its answer.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "runtime/shard.h"
#include "runtime/task.h"

namespace odradek::runtime {

namespace detail {

// One call on another shard: `work` runs there while the caller's frame, in which all of this lies, stays here.
template <typename Work>
class RemoteCall {
 public:
  using Value = typename std::invoke_result_t<Work&>::Value;

  RemoteCall(Work& work, Shard& there) : work_(work), home_(Shard::current()), there_(there) {}
  RemoteCall(const RemoteCall&) = delete;
  RemoteCall& operator=(const RemoteCall&) = delete;

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> caller) {
    caller_ = caller;
    there_.post([this] { run(*this); });
  }
  Value await_resume() {
    if constexpr (!std::is_void_v<Value>) {
      return *std::move(value_);
    }
  }

 private:
  struct Nothing {};

  static Detached run(RemoteCall& call) {
    if constexpr (std::is_void_v<Value>) {
      co_await call.work_();
    } else {
      Value value = co_await call.work_();
      call.value_.emplace(std::move(value));
    }
    call.home_.post([&call] { call.caller_.resume(); });
  }

  Work& work_;
  Shard& home_;
  Shard& there_;
  std::coroutine_handle<> caller_;
  std::optional<std::conditional_t<std::is_void_v<Value>, Nothing, Value>> value_;
};

// The same call on many shards: resumes the caller when the last has answered.
template <typename Work>
class RemoteCalls {
 public:
  using Value = typename std::invoke_result_t<const Work&>::Value;
  using Kept = std::conditional_t<std::is_void_v<Value>, char, Value>;

  RemoteCalls(const Work& work, std::vector<Shard*> shards)
      : work_(work), home_(Shard::current()), shards_(std::move(shards)), values_(shards_.size()) {}
  RemoteCalls(const RemoteCalls&) = delete;
  RemoteCalls& operator=(const RemoteCalls&) = delete;

  [[nodiscard]] bool await_ready() const noexcept { return shards_.empty(); }
  void await_suspend(std::coroutine_handle<> caller) {
    caller_ = caller;
    missing_ = shards_.size();
    for (size_t i = 0; i < shards_.size(); ++i) {
      shards_[i]->post([this, i] { run(*this, i); });
    }
  }
  auto await_resume() {
    if constexpr (!std::is_void_v<Value>) {
      std::vector<Value> values;
      values.reserve(values_.size());
      for (auto& value : values_) {
        values.push_back(*std::move(value));
      }
      return values;
    }
  }

 private:
  static Detached run(RemoteCalls& calls, size_t i) {
    if constexpr (std::is_void_v<Value>) {
      co_await calls.work_();
    } else {
      Value value = co_await calls.work_();
      calls.values_[i].emplace(std::move(value));
    }
    calls.home_.post([&calls] { calls.answered(); });
  }

  void answered() {
    --missing_;
    if (missing_ == 0) {
      caller_.resume();
    }
  }

  const Work& work_;
  Shard& home_;
  std::vector<Shard*> shards_;
  std::vector<std::optional<Kept>> values_;  // one per shard, each written on that shard
  size_t missing_ = 0;
  std::coroutine_handle<> caller_;
};

}  // namespace detail

class ShardSet {
 public:
  virtual ~ShardSet() = default;
  [[nodiscard]] virtual size_t size() const = 0;
  [[nodiscard]] virtual Shard& at(ShardId id) = 0;

  // Runs the coroutine function `work` on shard `where` and resumes the caller, on its own shard, with the result.
  // On the caller's own shard it is a plain call. `work` (with what it captured) and the result are moved across; what
  // they refer to must outlive the call and be safe to touch over there. Awaiting it must not be abandoned half-way:
  // the caller's frame stays until the answer came.
  template <typename Work>
  [[nodiscard]] std::invoke_result_t<Work&> on(ShardId where, Work work) {
    if (Shard::current().id() == where) {
      co_return co_await work();
    }
    detail::RemoteCall<Work> call(work, at(where));
    co_return co_await call;
  }

  // The same on every shard at once, `work` shared among them (so its call operator is const): a Task of the vector
  // of results in the order of the shards, or Task<void>.
  template <typename Work>
  [[nodiscard]] auto on_all(Work work) {
    using Value = typename std::invoke_result_t<const Work&>::Value;
    if constexpr (std::is_void_v<Value>) {
      return call_all<Task<void>>(std::move(work));
    } else {
      return call_all<Task<std::vector<Value>>>(std::move(work));
    }
  }

 private:
  template <typename Answer, typename Work>
  Answer call_all(Work work) {
    std::vector<Shard*> shards;
    shards.reserve(size());
    for (uint32_t i = 0; i < size(); ++i) {
      shards.push_back(&at(ShardId{i}));
    }
    detail::RemoteCalls<Work> calls(work, std::move(shards));
    co_return co_await calls;
  }
};

}  // namespace odradek::runtime
