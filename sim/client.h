// A client that speaks Kafka's wire protocol over the simulated network: one request at a time.
#pragma once

#include <memory>
#include <utility>

#include "base/big_endian.h"
#include "protocol/framing.h"
#include "runtime/shard.h"
#include "runtime/socket.h"
#include "runtime/timer.h"

namespace odradek::sim {

// A response, and the frame that it views.
template <typename Response>
struct Answer {
  Bytes frame;
  Response message;
};

class Client {
 public:
  [[nodiscard]] static runtime::Async<std::unique_ptr<Client>> connect(uint16_t port) {
    runtime::Network& network = runtime::Shard::current().network();
    CO_TRY(auto socket, co_await network.connect({.host = "127.0.0.1", .port = port}, {}));
    co_return std::unique_ptr<Client>(new Client(std::move(socket)));
  }

  // Sends the request and waits for its response. ConnectionClosed if the broker hangs up; RequestTimedOut if it says
  // nothing for a minute, which it never should.
  template <typename Response, typename Request>
  [[nodiscard]] runtime::Async<Answer<Response>> call(const Request& request, int16_t version) {
    CO_TRY(ByteChain out, protocol::request_frame(request, version, ++correlation_id_, protocol::Text("sim")));
    bool is_late = false;
    runtime::Timer patience;
    runtime::Shard& shard = runtime::Shard::current();
    patience.arm(shard.timers(), shard.in(std::chrono::minutes(1)), [&] {
      is_late = true;
      socket_->close();
    });
    const auto frame = co_await exchange(std::move(out));
    if (!frame) {
      co_return is_late ? fail(Errc::RequestTimedOut, "no answer in a minute") : std::unexpected(frame.error());
    }
    Answer<Response> answer{.frame = *frame, .message = {}};
    protocol::Reader in(answer.frame);
    CO_TRY(const int32_t id, protocol::read_response_head(in, Request::api_key, version));
    ensure(id == correlation_id_, "a response out of order");
    CO_TRY(answer.message, Response::decode(in, version));
    co_return answer;
  }

 private:
  explicit Client(std::unique_ptr<runtime::Socket> socket) : socket_(std::move(socket)) {}

  runtime::Async<Bytes> exchange(ByteChain out) {
    CO_TRY(co_await socket_->write(std::move(out)));
    uint8_t size[4];
    CO_TRY(co_await read_all(size));
    Bytes frame(load_big_endian<uint32_t>(size));
    CO_TRY(co_await read_all(frame));
    co_return frame;
  }

  runtime::Async<> read_all(MutableByteView into) {
    while (!into.empty()) {
      CO_TRY(const size_t count, co_await socket_->read_some(into));
      into = into.subspan(count);
    }
    co_return Result<>{};
  }

  std::unique_ptr<runtime::Socket> socket_;
  int32_t correlation_id_ = 0;
};

}  // namespace odradek::sim
