// One client: frames in, requests through the API table, replies out in order.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "api/dispatch.h"
#include "api/request_context.h"
#include "observe/log.h"
#include "runtime/socket.h"
#include "runtime/task_group.h"
#include "server/connection_exchange.h"
#include "server/frame_reader.h"
#include "server/server_counters.h"

namespace odradek::server {

// What the connections of one shard share.
struct ConnectionServices {
  api::Services& api;
  BufferPool& buffers;
  RequestBudget& budget;
  RequestBudget& work_budget;
  ServerCounters& counters;
  const ConnectionExchange& exchange;
  int32_t frame_size_max;      // socket.request.max.bytes
  runtime::Duration idle_max;  // connections.max.idle.ms
};

// Kafka serves one request of a connection at a time. Here a run of Produce or of OffsetCommit requests overlaps: the
// next starts as soon as the one before has its place in the log, and replies stay in order; those that are done
// together are sent together. Any other request starts when all earlier replies have been sent, so a client reads its
// own writes. At most `requests_in_flight_max` are in flight; then
// we stop reading.
class Connection {
 public:
  static constexpr size_t requests_in_flight_max = 64;

  Connection(std::unique_ptr<runtime::Socket> socket, std::string_view listener, ConnectionServices& services);

  // Serves until the peer leaves, breaks the protocol, neither sends nor reads for too long, or close() is called: then
  // the answer is null. Or until it is better served elsewhere (see api::ShardAffinity): then it is the answer, without
  // its slot. Replies to requests already accepted are sent first unless the socket is gone.
  [[nodiscard]] runtime::Task<std::unique_ptr<LeavingConnection>> serve();

  // Takes no further request; serve() ends when the requests in flight are answered.
  void drain();

  // Ends at once.
  void close() { socket_->close(); }

  [[nodiscard]] bool is_draining() const { return draining_; }

 private:
  struct Slot {
    int16_t api_key;
    ByteChain reply;             // empty: none is owed
    RequestBudget::Share share;  // of a large reply
    bool appended = false;
    bool done = false;
  };

  struct Request {
    protocol::RequestHead head;
    protocol::Reader body;
    Frame frame;
    RequestBudget::Share work{};  // for what is made of a large one until there is a reply
  };

  [[nodiscard]] runtime::Task<std::unique_ptr<LeavingConnection>> depart(runtime::ShardId to);
  [[nodiscard]] runtime::Async<> serve_next();
  [[nodiscard]] runtime::Async<> serve_alone(Request request);
  [[nodiscard]] runtime::Task<void> serve_overlapping(Slot& slot, Request taken);
  [[nodiscard]] api::RequestContext context_of(const Request& request);
  [[nodiscard]] runtime::Task<void> make_room();
  [[nodiscard]] runtime::Task<void> all_sent();
  [[nodiscard]] runtime::Task<void> send_done();
  void break_off(const Error& error, const protocol::RequestHead* head);
  void watch_for_idleness();
  void arm_idle_timer();
  void close_if_drained();

  std::unique_ptr<runtime::Socket> socket_;
  ConnectionServices& services_;
  api::ConnectionInfo info_;
  api::ShardAffinity affinity_;
  FrameReader frames_;
  std::list<Slot> in_flight_;  // overlapping requests of one API not yet answered, oldest first
  runtime::Signal progress_;   // a slot was appended, done or sent
  runtime::TaskGroup tasks_;
  runtime::Timer idle_timer_;
  runtime::MonotonicTime idle_at_{};  // when the peer will have been idle for too long
  uint64_t moved_ = 0;                // by the socket when that was last put off
  size_t working_ = 0;                // requests whose handlers run
  bool sending_ = false;
  bool draining_ = false;
  bool reading_ = false;  // waiting for the next frame
  observe::Logger log_{"server"};
};

}  // namespace odradek::server
