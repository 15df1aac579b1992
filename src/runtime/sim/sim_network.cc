#include "runtime/sim/sim_network.h"

#include <algorithm>
#include <optional>

#include "runtime/file.h"
#include "runtime/wait.h"

namespace odradek::runtime {
namespace {

// Bytes under way or unread in one direction; a writer waits when there are more.
constexpr uint64_t in_flight_max = 256 << 10;
constexpr uint64_t chunk_max = 16 << 10;

// One direction of a connection. Each end touches its own half; news for the other end are posted to its shard.
struct Pipe : std::enable_shared_from_this<Pipe> {
  struct Chunk {
    Bytes bytes;
    MonotonicTime arrives;
  };

  std::deque<Chunk> chunks;
  size_t first_used = 0;  // bytes already read of the first chunk
  uint64_t in_flight = 0;
  MonotonicTime last_arrival{};
  bool writer_closed = false;
  bool reader_closed = false;
  Shard* reader = nullptr;  // null until the connection has been adopted
  Shard* writer = nullptr;
  Signal reader_news;
  Signal writer_news;

  void tell_reader() {
    if (reader != nullptr) {
      reader->post([self = shared_from_this()] { self->reader_news.notify_all(); });
    }
  }
  void tell_writer() {
    if (writer != nullptr) {
      writer->post([self = shared_from_this()] { self->writer_news.notify_all(); });
    }
  }
  void close_writer() {
    writer_closed = true;
    tell_reader();
  }
  void close_reader() {
    reader_closed = true;
    tell_writer();
  }
};

struct Ends {
  std::shared_ptr<Pipe> in;
  std::shared_ptr<Pipe> out;
  Endpoint local;
  Endpoint peer;
};

class SimSocket final : public Socket {
 public:
  SimSocket(Ends ends, Shard& shard, SimNetwork& network) : ends_(std::move(ends)), network_(network), shard_(shard) {
    ends_.in->reader = &shard;
    ends_.out->writer = &shard;
  }
  SimSocket(const SimSocket&) = delete;
  SimSocket& operator=(const SimSocket&) = delete;
  ~SimSocket() override { close(); }

  [[nodiscard]] Async<> readable() override {
    Pipe& in = *ends_.in;
    Waiter waiter;
    waiter.subscribe(in.reader_news);
    while (!closed_) {
      if (!in.chunks.empty() && in.chunks.front().arrives <= shard_.now()) {
        co_return Result<>{};
      }
      if (in.chunks.empty() && in.writer_closed) {
        co_return Result<>{};
      }
      static_cast<void>(co_await waiter.wait(in.chunks.empty() ? never : in.chunks.front().arrives));
    }
    co_return fail(Errc::ConnectionClosed, "closed by us");
  }

  [[nodiscard]] Async<size_t> read_some(MutableByteView into) override {
    ensure(!into.empty(), "a read has room for a byte");
    CO_TRY(co_await readable());
    if (ends_.in->chunks.empty()) {
      co_return fail(Errc::ConnectionClosed, "closed by the peer");
    }
    co_return take(into);
  }

  [[nodiscard]] Async<> write(ByteChain bytes) override {
    for (Blob& blob : bytes.blobs()) {
      // A range is read when its turn comes, as sendfile does.
      Bytes copy;
      if (!blob.in_memory()) {
        CO_TRY(copy, co_await read_blob(blob));
      }
      ByteView rest = blob.in_memory() ? blob.view() : ByteView(copy);
      while (!rest.empty()) {
        CO_TRY(co_await room());
        rest = rest.subspan(put(rest));
      }
    }
    co_return Result<>{};
  }

  void close() override {
    if (closed_) {
      return;
    }
    closed_ = true;
    ends_.out->close_writer();
    ends_.in->close_reader();
    ends_.in->reader_news.notify_all();
    ends_.out->writer_news.notify_all();
  }

  [[nodiscard]] const Endpoint& peer() const override { return ends_.peer; }
  [[nodiscard]] const Endpoint& local() const override { return ends_.local; }

 private:
  size_t take(MutableByteView into) {
    Pipe& in = *ends_.in;
    Pipe::Chunk& chunk = in.chunks.front();
    const size_t count = std::min(into.size(), chunk.bytes.size() - in.first_used);
    std::copy_n(chunk.bytes.begin() + static_cast<ptrdiff_t>(in.first_used), count, into.begin());
    in.first_used += count;
    in.in_flight -= count;
    if (in.first_used == chunk.bytes.size()) {
      in.chunks.pop_front();
      in.first_used = 0;
    }
    in.tell_writer();
    return count;
  }

  // Waits until more may be written.
  Async<> room() {
    Pipe& out = *ends_.out;
    Waiter waiter;
    waiter.subscribe(out.writer_news);
    while (!closed_ && !out.reader_closed && out.in_flight >= in_flight_max) {
      static_cast<void>(co_await waiter.wait());
    }
    if (closed_ || out.reader_closed) {
      co_return fail(Errc::ConnectionClosed, closed_ ? "closed by us" : "closed by the peer");
    }
    co_return Result<>{};
  }

  // Sends some first bytes of `rest` on their way; how many.
  size_t put(ByteView rest) {
    Pipe& out = *ends_.out;
    const size_t most = std::min<size_t>(rest.size(), chunk_max);
    const size_t count = shard_.random().one_in(4) ? shard_.random().below(most) + 1 : most;
    out.last_arrival = std::max(out.last_arrival, shard_.now() + network_.some_delay());
    out.chunks.push_back(
        {.bytes = Bytes(rest.begin(), rest.begin() + static_cast<ptrdiff_t>(count)), .arrives = out.last_arrival});
    out.in_flight += count;
    out.tell_reader();
    return count;
  }

  Ends ends_;
  SimNetwork& network_;
  Shard& shard_;
  bool closed_ = false;
};

class SimAccepted final : public Accepted {
 public:
  explicit SimAccepted(Ends ends) : ends_(std::move(ends)) {}
  SimAccepted(const SimAccepted&) = delete;
  SimAccepted& operator=(const SimAccepted&) = delete;
  ~SimAccepted() override {
    if (ends_) {
      ends_->out->close_writer();
      ends_->in->close_reader();
    }
  }
  Ends take() {
    Ends taken = *std::move(ends_);
    ends_.reset();
    return taken;
  }

 private:
  std::optional<Ends> ends_;
};

}  // namespace

class SimListener final : public Listener {
 public:
  SimListener(SimWires& wires, Shard& shard, Endpoint local) : wires_(wires), shard_(shard), local_(std::move(local)) {}
  SimListener(const SimListener&) = delete;
  SimListener& operator=(const SimListener&) = delete;
  ~SimListener() override { close(); }

  void bind(uint16_t port) {
    local_.port = port;
    is_bound_ = true;
  }

  [[nodiscard]] Async<std::unique_ptr<Accepted>> accept() override {
    Waiter waiter;
    waiter.subscribe(arrivals_->signal);
    while (!closed_ && arrivals_->queue.empty()) {
      static_cast<void>(co_await waiter.wait());
    }
    if (closed_) {
      co_return fail(Errc::Cancelled, "the listener is closed");
    }
    auto first = std::move(arrivals_->queue.front());
    arrivals_->queue.pop_front();
    co_return first;
  }

  void close() override {
    if (!closed_) {
      closed_ = true;
      if (is_bound_) {
        wires_.forget(local_.port);
      }
      arrivals_->queue.clear();
      arrivals_->signal.notify_all();
    }
  }

  [[nodiscard]] const Endpoint& local() const override { return local_; }

  void arrive(std::unique_ptr<Accepted> accepted) {
    arrivals_->queue.push_back(std::move(accepted));
    shard_.post([arrivals = arrivals_] { arrivals->signal.notify_all(); });
  }

 private:
  struct Arrivals {
    std::deque<std::unique_ptr<Accepted>> queue;
    Signal signal;
  };

  SimWires& wires_;
  Shard& shard_;
  Endpoint local_;
  std::shared_ptr<Arrivals> arrivals_ = std::make_shared<Arrivals>();
  bool is_bound_ = false;
  bool closed_ = false;
};

Result<uint16_t> SimWires::listen(uint16_t port, SimListener& listener) {
  const uint16_t chosen = port == 0 ? next_port() : port;
  if (!listeners_.emplace(chosen, &listener).second) {
    return fail(Errc::AddressInUse, "port " + std::to_string(chosen) + " is taken");
  }
  return chosen;
}

SimListener* SimWires::listener_at(uint16_t port) const {
  const auto found = listeners_.find(port);
  return found == listeners_.end() ? nullptr : found->second;
}

Duration SimNetwork::some_delay() {
  return delay_max_ > Duration::zero() ? Duration(shard_.random().below(static_cast<uint64_t>(delay_max_.count())))
                                       : Duration::zero();
}

Async<std::unique_ptr<Listener>> SimNetwork::listen(Endpoint at, SocketOptions) {
  auto listener = std::make_unique<SimListener>(wires_, shard_, at);
  CO_TRY(const uint16_t port, wires_.listen(at.port, *listener));
  listener->bind(port);
  co_return listener;
}

Async<std::unique_ptr<Socket>> SimNetwork::connect(Endpoint to, SocketOptions) {
  co_await sleep_for(some_delay());
  SimListener* listener = wires_.listener_at(to.port);
  if (listener == nullptr) {
    co_return fail(Errc::ConnectionClosed, "connection refused");
  }
  auto there = std::make_shared<Pipe>();
  auto back = std::make_shared<Pipe>();
  const Endpoint own{.host = "127.0.0.1", .port = wires_.next_port()};
  listener->arrive(std::make_unique<SimAccepted>(Ends{.in = there, .out = back, .local = to, .peer = own}));
  co_return std::make_unique<SimSocket>(Ends{.in = back, .out = there, .local = own, .peer = to}, shard_, *this);
}

Result<std::unique_ptr<Socket>> SimNetwork::adopt(std::unique_ptr<Accepted> accepted) {
  auto& arrived = dynamic_cast<SimAccepted&>(*accepted);
  return std::make_unique<SimSocket>(arrived.take(), shard_, *this);
}

}  // namespace odradek::runtime
