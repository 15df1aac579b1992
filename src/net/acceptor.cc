#include "net/acceptor.h"

#include <utility>

namespace odradek::net {
namespace {

// How long accepting rests after descriptors ran out: long enough for some to be freed, short enough not to be felt.
constexpr runtime::Duration pause_when_full = std::chrono::milliseconds(100);

}  // namespace

runtime::Async<std::unique_ptr<Acceptor>> Acceptor::open(runtime::ShardSet& shards, AcceptorOptions options,
                                                         std::shared_ptr<ConnectionLimits> limits,
                                                         ConnectionSink sink) {
  runtime::Network& network = runtime::Shard::current().network();
  CO_TRY(auto listener, co_await network.listen(std::move(options.at), options.socket));
  co_return std::unique_ptr<Acceptor>(
      new Acceptor(shards, std::move(options.listener), std::move(listener), std::move(limits), std::move(sink)));
}

Acceptor::Acceptor(runtime::ShardSet& shards, std::string name, std::unique_ptr<runtime::Listener> listener,
                   std::shared_ptr<ConnectionLimits> limits, ConnectionSink sink)
    : shards_(shards),
      name_(std::move(name)),
      listener_(std::move(listener)),
      limits_(std::move(limits)),
      sink_(std::move(sink)) {
  stopping_.subscribe(limits_->changed());
}

void Acceptor::start() { tasks_.spawn(accept_all()); }

runtime::Task<void> Acceptor::stop() {
  stopped_ = true;
  listener_->close();
  stopping_.notify();
  co_await tasks_.join();
  // What was handed over is in the shards' inboxes: this comes after it.
  co_await shards_.on_all([]() -> runtime::Task<void> { co_return; });
}

runtime::Task<void> Acceptor::accept_all() {
  bool is_full = false;
  while (!stopped_) {
    Result<std::unique_ptr<runtime::Accepted>> accepted = co_await listener_->accept();
    if (accepted) {
      is_full = false;
      co_await take_in(*std::move(accepted));
      co_await runtime::yield();  // who connects all the time does not hold up the others
      continue;
    }
    if (accepted.error().code == Errc::Cancelled || stopped_) {
      co_return;
    }
    if (!std::exchange(is_full, true)) {
      log_.limited(observe::LogLevel::Warn, "accept_paused")
          .with("listener", local().port)
          .with("reason", accepted.error().message);
    }
    co_await stopping_.wait(runtime::Shard::current().in(pause_when_full));
  }
}

// While there is no room the connection waits here, and those after it in the backlog.
runtime::Task<void> Acceptor::take_in(std::unique_ptr<runtime::Accepted> accepted) {
  bool was_full = false;
  for (;;) {
    const runtime::Deadline due = limits_->room_at(name_);
    if (due <= runtime::Shard::current().now()) {
      break;
    }
    if (due == runtime::never && !std::exchange(was_full, true)) {
      log_.limited(observe::LogLevel::Warn, "connections_wait").with("listener", name_).with("open", limits_->total());
    }
    co_await stopping_.wait(due);
    if (stopped_) {
      co_return;
    }
  }
  const std::string address = accepted->peer().host;
  ConnectionSlot slot = limits_->admit(name_, address);
  if (slot == nullptr) {
    log_.limited(observe::LogLevel::Warn, "connection_refused")
        .with("peer", address)
        .with("reason", "too many connections from this address");
    co_return;
  }
  hand_over(std::move(accepted), std::move(slot));
}

void Acceptor::hand_over(std::unique_ptr<runtime::Accepted> accepted, ConnectionSlot slot) {
  const runtime::ShardId target{next_shard_};
  next_shard_ = (next_shard_ + 1) % static_cast<uint32_t>(shards_.size());
  runtime::Shard& shard = shards_.at(target);
  shard.post([&shard, sink = sink_, accepted = std::move(accepted), slot = std::move(slot)]() mutable {
    Result<std::unique_ptr<runtime::Socket>> socket = shard.network().adopt(std::move(accepted));
    if (socket) {
      sink(*std::move(socket), std::move(slot));
    }
  });
}

}  // namespace odradek::net
