// One connection that asks and waits: for setting up, and for threads that have nothing else to do.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "load/frame_buffer.h"
#include "load/give_up.h"
#include "protocol/framing.h"

namespace odradek::bench {

struct Endpoint {
  std::string host = "127.0.0.1";  // an IPv4 address
  uint16_t port = 9092;
};

// A connected socket without Nagle's delay; nothing if nobody listens there.
[[nodiscard]] std::optional<int> try_dial(const Endpoint& endpoint);
[[nodiscard]] int dial(const Endpoint& endpoint);
// The same for a broker that was just started and may not listen yet.
[[nodiscard]] int dial_patiently(const Endpoint& endpoint, std::chrono::steady_clock::duration patience);

// Sends all of it, waiting where it must.
void send_all(int socket, ByteView bytes);

class Connection {
 public:
  explicit Connection(int socket) : socket_(socket) {}
  explicit Connection(const Endpoint& endpoint, size_t buffer_bytes = FrameBuffer::usual)
      : socket_(dial(endpoint)), in_(buffer_bytes) {}
  Connection(Connection&& other) noexcept : socket_(std::exchange(other.socket_, -1)), in_(std::move(other.in_)) {}
  Connection& operator=(Connection&&) = delete;
  ~Connection();

  // `frame` with its size in front.
  void send(ByteView frame) { send_all(socket_, frame); }

  // The next frame without its size; valid until the next call. Nothing: the other side closed the connection.
  [[nodiscard]] std::optional<ByteView> receive();

  // Asks and waits for the answer, which is a view of this connection's buffer: valid until the next call.
  template <typename Response, typename Request>
  Response call(const Request& request, int16_t version) {
    const Bytes frame =
        must(protocol::request_frame(request, version, 0, protocol::Text(client_id)), "request").flatten();
    send(frame);
    const auto answer = receive();
    if (!answer) {
      give_up("the broker closed the connection");
    }
    return read_answer<Response>(*answer, version);
  }

  template <typename Response>
  static Response read_answer(ByteView frame, int16_t version) {
    protocol::Reader in(frame);
    must(protocol::read_response_head(in, Response::api_key, version), "response");
    return must(Response::decode(in, version), "response");
  }

  static constexpr std::string_view client_id = "odradek-load";

 private:
  int socket_;
  FrameBuffer in_;
};

}  // namespace odradek::bench
