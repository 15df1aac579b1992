#include "server/connection.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/big_endian.h"
#include "runtime/shard.h"

namespace odradek::server {
namespace {

constexpr uint64_t large_reply_bytes = 64 * 1024;
constexpr size_t small_request_bytes = 4096;  // a hop is noticed by those that are smaller

// What a request of many small parts takes while it is worked on, of its size: about what each partition of a Fetch
// does. It counts for those that are larger than this.
constexpr uint64_t work_factor = 32;
constexpr size_t counted_work_from_bytes = 1 << 20;

// What DescribeConfigs makes of a resource is hundreds of times as large as its name, up to what it tells at most.
constexpr uint64_t described_factor = 500;
constexpr uint64_t described_max = uint64_t{128} << 20;
constexpr size_t described_from_bytes = 4096;

// In all arrays of a request: whoever works on them takes memory and time for each, more than reading it did.
constexpr size_t array_elements_max = 500'000;

// Requests whose bulk is worked on where it lies: records, and what members of a group tell each other.
bool is_bulk_left_alone(int16_t api_key) {
  using enum protocol::ApiKey;
  const auto api = static_cast<protocol::ApiKey>(api_key);
  return api == Produce || api == JoinGroup || api == SyncGroup;
}

// What a request takes while it is worked on; 0 where that is not worth counting.
uint64_t work_of(int16_t api_key, uint64_t frame_size) {
  const bool counts = frame_size > counted_work_from_bytes && !is_bulk_left_alone(api_key);
  const uint64_t work = counts ? frame_size * work_factor : 0;
  const bool describes = api_key == static_cast<int16_t>(protocol::ApiKey::DescribeConfigs);
  return describes && frame_size > described_from_bytes
             ? std::max(work, std::min(frame_size * described_factor, described_max))
             : work;
}

// Requests that may wait for seconds. They are small, and the buffer that they came in is not.
bool waits(const Frame& frame) {
  using enum protocol::ApiKey;
  if (frame.bytes.size() < sizeof(int16_t)) {
    return false;
  }
  const auto api = static_cast<protocol::ApiKey>(load_big_endian<int16_t>(frame.bytes.data()));
  return api == Fetch || api == JoinGroup || api == SyncGroup;
}

uint64_t bytes_in_memory(const ByteChain& chain) {
  uint64_t bytes = 0;
  for (const Blob& blob : chain.blobs()) {
    bytes += blob.in_memory() ? blob.size() : 0;
  }
  return bytes;
}

}  // namespace

Connection::Connection(std::unique_ptr<runtime::Socket> socket, std::string_view listener, ConnectionServices& services)
    : socket_(std::move(socket)),
      services_(services),
      info_{.peer = socket_->peer(), .listener = std::string(listener)},
      frames_(*socket_, services.buffers, services.budget, services.frame_size_max) {}

runtime::Task<std::unique_ptr<LeavingConnection>> Connection::serve() {
  std::unique_ptr<LeavingConnection> leaving;
  for (;;) {
    if (const auto to = affinity_.elsewhere(runtime::Shard::current().id())) {
      leaving = co_await depart(*to);
      if (leaving != nullptr) {
        break;
      }
    }
    if (in_flight_.empty() && !draining_ && frames_.rests()) {
      // Between requests a connection is this coroutine, its socket and no buffer: most are idle most of the time.
      watch_for_idleness();
      reading_ = true;
      const Result<> readable = co_await socket_->readable();
      reading_ = false;
      if (!readable) {
        break_off(readable.error(), nullptr);
        break;
      }
      frames_.expect_bytes();
    }
    const Result<> served = co_await serve_next();
    if (!served) {
      break;
    }
  }
  // Replies owed for what was accepted still go out; without a peer they end at once.
  co_await all_sent();
  socket_->close();
  co_await tasks_.join();
  idle_timer_.cancel();
  co_return leaving;
}

// Between two requests all of a connection is its socket: whatever the client sends meanwhile waits in there. Null if
// it cannot leave now.
runtime::Task<std::unique_ptr<LeavingConnection>> Connection::depart(runtime::ShardId to) {
  affinity_.put_off();
  if (!services_.exchange.has_room(to)) {
    co_return nullptr;
  }
  co_await all_sent();
  if (draining_ || !frames_.rests()) {
    co_return nullptr;
  }
  std::unique_ptr<runtime::Accepted> connection = socket_->release();
  if (connection == nullptr) {
    co_return nullptr;
  }
  co_return std::make_unique<LeavingConnection>(to, std::move(connection), info_.listener, nullptr);
}

void Connection::drain() {
  draining_ = true;
  close_if_drained();
}

// While we wait for a frame and owe nothing, closing cuts nothing off.
void Connection::close_if_drained() {
  if (draining_ && reading_ && in_flight_.empty() && !sending_) {
    socket_->close();
  }
}

runtime::Async<> Connection::serve_next() {
  co_await make_room();
  if (draining_) {
    co_return fail(Errc::Cancelled);
  }
  watch_for_idleness();
  reading_ = true;
  Result<Frame> frame = co_await frames_.next();
  reading_ = false;
  if (!frame) {
    break_off(frame.error(), nullptr);
    co_return std::unexpected(std::move(frame).error());
  }
  if (draining_) {
    co_return fail(Errc::Cancelled);
  }
  ++services_.counters.requests;
  if (waits(*frame)) {
    frames_.detach(*frame);
  }
  protocol::Reader body(Blob(frame->owner, frame->bytes));
  body.limit_array_elements(array_elements_max);
  Result<protocol::RequestHead> head = protocol::read_request_head(body);
  if (!head) {
    break_off(head.error(), nullptr);
    co_return std::unexpected(std::move(head).error());
  }
  Request request{.head = *std::move(head), .body = body, .frame = std::move(*frame)};
  const int16_t api_key = request.head.api_key;
  const bool overlaps = api::overlaps(api_key);
  if (!overlaps || (!in_flight_.empty() && in_flight_.back().api_key != api_key)) {
    co_await all_sent();
  }
  if (const uint64_t work = work_of(api_key, request.frame.bytes.size()); work > 0) {
    request.work = co_await services_.work_budget.take(work);
  }
  if (overlaps) {
    Slot& slot = in_flight_.emplace_back(Slot{.api_key = api_key, .reply = {}, .share = {}});
    tasks_.spawn(serve_overlapping(slot, std::move(request)));
    co_return Result<>{};
  }
  co_return co_await serve_alone(std::move(request));
}

api::RequestContext Connection::context_of(const Request& request) {
  return {.api_key = static_cast<protocol::ApiKey>(request.head.api_key),
          .api_version = request.head.version,
          .correlation_id = request.head.correlation_id,
          .client_id = request.head.client_id ? request.head.client_id->view() : std::string_view(),
          .connection = &info_,
          .services = &services_.api,
          .frame = request.frame.owner,
          .frame_size = request.frame.bytes.size(),
          .affinity = request.frame.bytes.size() <= small_request_bytes ? &affinity_ : nullptr};
}

runtime::Async<> Connection::serve_alone(Request request) {
  ++working_;
  Result<api::Reply> reply = co_await api::dispatch(request.head, context_of(request), request.body);
  --working_;
  request.work.release();
  if (!reply) {
    break_off(reply.error(), &request.head);
    co_return std::unexpected(std::move(reply).error());
  }
  services_.counters.requests_with_trailing_bytes += reply->has_trailing_bytes ? 1 : 0;
  if (reply->bytes.empty()) {
    co_return Result<>{};
  }
  // A reply that lies in memory counts until the peer has read it, and so does the request.
  std::optional<AwaitedPeer> reader;
  if (const uint64_t memory = bytes_in_memory(reply->bytes); memory > large_reply_bytes) {
    services_.budget.add(request.frame.share, memory);
  }
  if (request.frame.share.bytes() > large_reply_bytes) {
    reader.emplace(services_.budget, *socket_, request.frame.share.bytes());
  }
  watch_for_idleness();
  const Result<> sent = co_await socket_->write(std::move(reply->bytes));
  if (reader && reader->was_cut_off()) {
    break_off(Error{Errc::RequestTimedOut, "it reads its answer too slowly, and the memory for requests is spent"},
              &request.head);
  } else if (!sent) {
    break_off(sent.error(), &request.head);  // the disk, say, that a range was to be read from
  }
  if (sent && frames_.has_unread()) {
    co_await runtime::yield();  // who sends many requests at once does not hold up the others
  }
  co_return sent;
}

runtime::Task<void> Connection::serve_overlapping(Slot& slot, Request taken) {
  {
    // Given back here: the peer may take its time to read the replies, or not read them at all.
    const Request request = std::move(taken);
    api::RequestContext context = context_of(request);
    context.appended = [this, &slot] {
      slot.appended = true;
      progress_.notify_all();
    };
    ++working_;
    Result<api::Reply> reply = co_await api::dispatch(request.head, std::move(context), request.body);
    --working_;
    slot.appended = true;
    slot.done = true;
    if (reply) {
      services_.counters.requests_with_trailing_bytes += reply->has_trailing_bytes ? 1 : 0;
      if (const uint64_t memory = bytes_in_memory(reply->bytes); memory > large_reply_bytes) {
        services_.budget.add(slot.share, memory);
      }
      slot.reply = std::move(reply->bytes);
    } else {
      break_off(reply.error(), &request.head);
      drain();  // what was asked before is still answered
    }
  }
  if (!sending_) {
    co_await send_done();
  }
  progress_.notify_all();
}

// Waits until the last request has its place among the appends and there is room for one more.
runtime::Task<void> Connection::make_room() {
  runtime::Waiter waiter;
  waiter.subscribe(progress_);
  while (!in_flight_.empty() && (!in_flight_.back().appended || in_flight_.size() >= requests_in_flight_max)) {
    co_await waiter.wait();
  }
}

runtime::Task<void> Connection::all_sent() {
  runtime::Waiter waiter;
  waiter.subscribe(progress_);
  while (!in_flight_.empty() || sending_) {
    co_await waiter.wait();
  }
}

// Sends the replies at the front that are done, several in one call where they are.
runtime::Task<void> Connection::send_done() {
  sending_ = true;
  while (!in_flight_.empty() && in_flight_.front().done) {
    if (in_flight_.size() > 1 || frames_.has_unread()) {
      co_await runtime::yield();  // what is done in this turn goes together
    }
    ByteChain out;
    RequestBudget::Share share;
    while (!in_flight_.empty() && in_flight_.front().done) {
      out.append(std::move(in_flight_.front().reply));
      share.join(std::move(in_flight_.front().share));
      in_flight_.pop_front();
    }
    if (!out.empty()) {
      watch_for_idleness();
      std::optional<AwaitedPeer> reader;
      if (share.bytes() > 0) {
        reader.emplace(services_.budget, *socket_, share.bytes());
      }
      const Result<> sent = co_await socket_->write(std::move(out));
      if (!sent) {
        socket_->close();
      }
      watch_for_idleness();  // from the last byte on: the next request may be awaited already
    }
  }
  sending_ = false;
  close_if_drained();
}

// Logs why we end a connection: once, here, at a limited rate, with all a person needs to find the client.
void Connection::break_off(const Error& error, const protocol::RequestHead* head) {
  if (error.code == Errc::ConnectionClosed || error.code == Errc::Cancelled) {
    return;
  }
  if (error.code == Errc::UnsupportedVersion) {
    ++services_.counters.requests_unsupported;
  } else if (error.code != Errc::RequestTimedOut && error.code != Errc::Io) {
    ++services_.counters.requests_malformed;
  }
  const bool has_head = head != nullptr;
  log_.limited(observe::LogLevel::Warn, "connection_closed")
      .with("peer", fmt::format("{}:{}", info_.peer.host, info_.peer.port))
      .with("reason", error.message)
      .with("client_id", has_head && head->client_id ? head->client_id->view() : std::string_view())
      .with("api", has_head ? head->api_key : int16_t{-1})
      .with("version", has_head ? head->version : int16_t{-1});
}

// From now on the peer has idle_max to send or to read something. A request says so several times: that only notes the
// time, and the timer sees how late it is when it fires. In the midst of a request or of a reply nobody says so: then
// the timer sees whether anything has moved, and it may take twice as long until a peer that stalls is closed.
void Connection::watch_for_idleness() {
  idle_at_ = runtime::Shard::current().in(services_.idle_max);
  moved_ = socket_->moved();
  if (!idle_timer_.is_armed()) {
    arm_idle_timer();
  }
}

void Connection::arm_idle_timer() {
  idle_timer_.arm(runtime::Shard::current().timers(), idle_at_, [this] {
    if (idle_at_ > runtime::Shard::current().now()) {
      arm_idle_timer();
    } else if (working_ > 0 || socket_->moved() != moved_) {
      watch_for_idleness();  // the delay is ours, or the peer is at it
    } else {
      socket_->close();
    }
  });
}

}  // namespace odradek::server
