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

}  // namespace

// One direction of a connection. Each end touches its own half; news for the other end are posted to its shard.
struct SimPipe : std::enable_shared_from_this<SimPipe> {
  struct Chunk {
    Bytes bytes;
    MonotonicTime arrives;
  };

  explicit SimPipe(Way direction) : way(direction) {}

  Way way;
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

  // Who has been given to another shard by the time the news comes looks by itself when it arrives there.
  void tell_reader() {
    if (reader != nullptr) {
      reader->post([self = shared_from_this(), told = reader] {
        if (self->reader == told) {
          self->reader_news.notify_all();
        }
      });
    }
  }
  void tell_writer() {
    if (writer != nullptr) {
      writer->post([self = shared_from_this(), told = writer] {
        if (self->writer == told) {
          self->writer_news.notify_all();
        }
      });
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
  // What has not been read is lost.
  void cut() {
    chunks.clear();
    first_used = 0;
    in_flight = 0;
    close_writer();
    close_reader();
  }
  void hold(MonotonicTime now, MonotonicTime until) {
    for (Chunk& chunk : chunks) {
      if (chunk.arrives > now) {
        chunk.arrives = std::max(chunk.arrives, until);
      }
    }
    last_arrival = std::max(last_arrival, until);
  }
};

// Both directions of one connection, for as long as one end has it.
struct SimLink {
  std::shared_ptr<SimPipe> to_listener = std::make_shared<SimPipe>(Way::ToListener);
  std::shared_ptr<SimPipe> from_listener = std::make_shared<SimPipe>(Way::FromListener);
  ProcessId caller;
  ProcessId listener;
};

namespace {

struct Ends {
  std::shared_ptr<SimPipe> in;
  std::shared_ptr<SimPipe> out;
  std::shared_ptr<SimLink> link;
  Endpoint local;
  Endpoint peer;
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
  [[nodiscard]] const Endpoint& peer() const override { return ends_->peer; }
  Ends take() {
    Ends taken = *std::move(ends_);
    ends_.reset();
    return taken;
  }

 private:
  std::optional<Ends> ends_;
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
    SimPipe& in = *ends_.in;
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

  [[nodiscard]] std::unique_ptr<Accepted> release() override {
    if (closed_) {
      return nullptr;
    }
    closed_ = true;
    // Until it is adopted nobody is told anything; who adopts it looks first.
    ends_.in->reader = nullptr;
    ends_.out->writer = nullptr;
    return std::make_unique<SimAccepted>(ends_);
  }

  [[nodiscard]] uint64_t moved() const override { return moved_; }
  [[nodiscard]] const Endpoint& peer() const override { return ends_.peer; }
  [[nodiscard]] const Endpoint& local() const override { return ends_.local; }

 private:
  size_t take(MutableByteView into) {
    SimPipe& in = *ends_.in;
    SimPipe::Chunk& chunk = in.chunks.front();
    const size_t count = std::min(into.size(), chunk.bytes.size() - in.first_used);
    std::copy_n(chunk.bytes.begin() + static_cast<ptrdiff_t>(in.first_used), count, into.begin());
    in.first_used += count;
    in.in_flight -= count;
    moved_ += count;
    if (in.first_used == chunk.bytes.size()) {
      in.chunks.pop_front();
      in.first_used = 0;
    }
    in.tell_writer();
    return count;
  }

  // Waits until more may be written.
  Async<> room() {
    SimPipe& out = *ends_.out;
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
    SimPipe& out = *ends_.out;
    const size_t most = std::min<size_t>(rest.size(), chunk_max);
    const size_t count = shard_.random().one_in(4) ? shard_.random().below(most) + 1 : most;
    out.last_arrival =
        std::max({out.last_arrival, shard_.now() + network_.some_delay(), network_.wires().held_until(out.way)});
    out.chunks.push_back(
        {.bytes = Bytes(rest.begin(), rest.begin() + static_cast<ptrdiff_t>(count)), .arrives = out.last_arrival});
    out.in_flight += count;
    moved_ += count;
    out.tell_reader();
    return count;
  }

  Ends ends_;
  SimNetwork& network_;
  Shard& shard_;
  uint64_t moved_ = 0;
  bool closed_ = false;
};

}  // namespace

class SimListener final : public Listener {
 public:
  SimListener(SimWires& wires, Shard& shard, ProcessId process, Endpoint local)
      : wires_(wires), shard_(shard), process_(process), local_(std::move(local)) {}
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

  [[nodiscard]] ProcessId process() const { return process_; }

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
  ProcessId process_;
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

void SimWires::add(const std::shared_ptr<SimLink>& link) {
  std::erase_if(links_, [](const std::weak_ptr<SimLink>& old) { return old.expired(); });
  links_.push_back(link);
}

void SimWires::hold(Way way, MonotonicTime until) {
  MonotonicTime& held = held_[static_cast<size_t>(way)];
  held = std::max(held, until);
  for (const std::weak_ptr<SimLink>& weak : links_) {
    if (const auto link = weak.lock()) {
      SimPipe& pipe = way == Way::ToListener ? *link->to_listener : *link->from_listener;
      pipe.hold(Shard::current().now(), held);
    }
  }
}

void SimWires::reset(uint64_t n, Random& chance) {
  for (const std::weak_ptr<SimLink>& weak : links_) {
    const auto link = weak.lock();
    if (link != nullptr && chance.one_in(n)) {
      link->to_listener->cut();
      link->from_listener->cut();
    }
  }
}

void SimWires::sever(ProcessId process, Random& chance) {
  std::erase_if(listeners_, [process](const auto& listener) { return listener.second->process() == process; });
  for (const std::weak_ptr<SimLink>& weak : links_) {
    const auto link = weak.lock();
    if (link == nullptr || (link->caller != process && link->listener != process)) {
      continue;
    }
    for (SimPipe* const pipe : {link->to_listener.get(), link->from_listener.get()}) {
      if (chance.one_in(2)) {
        pipe->cut();
      }
      pipe->close_writer();
      pipe->close_reader();
    }
    const bool called = link->caller == process;
    (called ? link->to_listener->writer : link->from_listener->writer) = nullptr;
    (called ? link->from_listener->reader : link->to_listener->reader) = nullptr;
  }
}

Duration SimNetwork::some_delay() {
  return delay_max_ > Duration::zero() ? Duration(shard_.random().below(static_cast<uint64_t>(delay_max_.count())))
                                       : Duration::zero();
}

Async<std::unique_ptr<Listener>> SimNetwork::listen(Endpoint at, SocketOptions) {
  auto listener = std::make_unique<SimListener>(wires_, shard_, process_, at);
  CO_TRY(const uint16_t port, wires_.listen(at.port, *listener));
  listener->bind(port);
  co_return listener;
}

Async<std::unique_ptr<Socket>> SimNetwork::connect(Endpoint to, SocketOptions) {
  co_await sleep_for(some_delay());
  for (const Way way : {Way::ToListener, Way::FromListener}) {
    if (wires_.held_until(way) > shard_.now()) {
      co_await sleep_until(wires_.held_until(way));
    }
  }
  SimListener* listener = wires_.listener_at(to.port);
  if (listener == nullptr) {
    co_return fail(Errc::ConnectionClosed, "connection refused");
  }
  const auto link = std::make_shared<SimLink>();
  link->caller = process_;
  link->listener = listener->process();
  wires_.add(link);
  const Endpoint own{.host = "127.0.0.1", .port = wires_.next_port()};
  listener->arrive(std::make_unique<SimAccepted>(
      Ends{.in = link->to_listener, .out = link->from_listener, .link = link, .local = to, .peer = own}));
  co_return std::make_unique<SimSocket>(
      Ends{.in = link->from_listener, .out = link->to_listener, .link = link, .local = own, .peer = to}, shard_, *this);
}

Result<std::unique_ptr<Socket>> SimNetwork::adopt(std::unique_ptr<Accepted> accepted) {
  auto& arrived = dynamic_cast<SimAccepted&>(*accepted);
  return std::make_unique<SimSocket>(arrived.take(), shard_, *this);
}

}  // namespace odradek::runtime
