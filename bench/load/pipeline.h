// Many connections in one thread, each with several requests on their way.
#pragma once

#include <memory>
#include <vector>

#include "base/bytes.h"
#include "load/connection.h"
#include "load/report.h"

namespace odradek::bench {

// What one connection asks, and what it makes of the answers.
class Asker {
 public:
  virtual ~Asker() = default;

  // The next request, size first; its bytes must stay until its answer came. Empty: there is nothing more to ask.
  // `due`: when it is to be sent; how long an answer takes counts from there, so that a queue counts, too.
  [[nodiscard]] virtual ByteView next_request(Clock::time_point due) = 0;

  // The answer to the oldest request that has none yet, without its size.
  virtual void on_answer(ByteView frame) = 0;
};

struct Pace {
  int depth = 1;    // requests in flight per connection, at most
  double rate = 0;  // requests a second of all connections together, in turn; 0: as fast as answers come
};

// Gives each asker a connection and sends what it asks; returns when all of them have no more to ask and every answer
// came.
void run_pipeline(const Endpoint& endpoint, const std::vector<std::unique_ptr<Asker>>& askers, Pace pace);

}  // namespace odradek::bench
