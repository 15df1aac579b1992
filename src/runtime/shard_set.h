// All shards of this process: send a call to another and await its answer.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "runtime/shard.h"
#include "runtime/task.h"

namespace odradek::runtime {

class ShardSet {
 public:
  virtual ~ShardSet() = default;
  [[nodiscard]] virtual size_t size() const = 0;
  [[nodiscard]] virtual Shard& at(ShardId id) = 0;

  // Runs the coroutine function `work` on shard `where` and resumes the caller, on its own shard, with the result.
  // On the caller's own shard it is a plain call. The arguments and the result are moved across; what they refer to
  // must outlive the call and be safe to touch over there. Awaiting it must not be abandoned half-way: the caller's
  // frame stays until the answer came.
  template <typename Work>
  [[nodiscard]] std::invoke_result_t<Work> on(ShardId where, Work work);

  // The same on every shard at once; the results in the order of the shards.
  template <typename Work>
  [[nodiscard]] auto on_all(Work work);
};

}  // namespace odradek::runtime
