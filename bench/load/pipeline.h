// Many connections in one thread, each with several requests on their way.
#pragma once

#include <memory>
#include <vector>

#include "base/bytes.h"
#include "load/connection.h"

namespace odradek::bench {

// What one connection asks, and what it makes of the answers.
class Asker {
 public:
  virtual ~Asker() = default;

  // The next request, size first; its bytes must stay until its answer came. Empty: there is nothing more to ask.
  [[nodiscard]] virtual ByteView next_request() = 0;

  // The answer to the oldest request that has none yet, without its size.
  virtual void on_answer(ByteView frame) = 0;
};

// Gives each asker a connection and keeps up to `depth` requests of it in flight; returns when all of them have no
// more to ask and every answer came.
void run_pipeline(const Endpoint& endpoint, const std::vector<std::unique_ptr<Asker>>& askers, int depth);

}  // namespace odradek::bench
