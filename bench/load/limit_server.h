// What this machine can do without any broker: a process that takes the same requests, does the least that any broker
// must do with them, and answers.
//
// Produce: checks the batch's CRC and writes it to a file (or only answers). Fetch: sends stored batches with sendfile.
// Heartbeat: answers that all is well. One thread, epoll, nothing else. Its requests are those of odradek_load, from
// connections that ask one after another.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "load/frame_buffer.h"

namespace odradek::bench {

struct LimitOptions {
  bool writes = true;   // Produce: check and write, or only answer
  Bytes batch{};        // what a file begins with, again and again, ...
  int32_t batches = 0;  // ... so many times, to be fetched
  int32_t batch_records = 0;
  int32_t partitions = 4;                    // each a file
  size_t buffer_bytes = FrameBuffer::usual;  // of a connection
};

// A child process that serves until it is stopped; its files are gone when it is.
class LimitServer {
 public:
  explicit LimitServer(const LimitOptions& options);
  LimitServer(const LimitServer&) = delete;
  LimitServer& operator=(const LimitServer&) = delete;
  ~LimitServer();

  [[nodiscard]] uint16_t port() const { return port_; }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  uint16_t port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace odradek::bench
