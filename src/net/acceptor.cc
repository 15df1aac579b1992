#include "net/acceptor.h"

#include <utility>

namespace odradek::net {
namespace {

// How long accepting rests after descriptors ran out: long enough for some to be freed, short enough not to be felt.
constexpr runtime::Duration pause_when_full = std::chrono::milliseconds(100);

}  // namespace

runtime::Async<std::unique_ptr<Acceptor>> Acceptor::open(runtime::ShardSet& shards, runtime::Endpoint at,
                                                         runtime::SocketOptions options, ConnectionSink sink) {
  runtime::Network& network = runtime::Shard::current().network();
  CO_TRY(auto listener, co_await network.listen(std::move(at), options));
  co_return std::unique_ptr<Acceptor>(new Acceptor(shards, std::move(listener), std::move(sink)));
}

Acceptor::Acceptor(runtime::ShardSet& shards, std::unique_ptr<runtime::Listener> listener, ConnectionSink sink)
    : shards_(shards), listener_(std::move(listener)), sink_(std::move(sink)) {}

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
      hand_over(*std::move(accepted));
      continue;
    }
    if (accepted.error().code == Errc::Cancelled || stopped_) {
      co_return;
    }
    if (!std::exchange(is_full, true)) {
      log_.warn("accept_paused").with("listener", local().port).with("reason", accepted.error().message);
    }
    co_await stopping_.wait(runtime::Shard::current().in(pause_when_full));
  }
}

void Acceptor::hand_over(std::unique_ptr<runtime::Accepted> accepted) {
  const runtime::ShardId target{next_shard_};
  next_shard_ = (next_shard_ + 1) % static_cast<uint32_t>(shards_.size());
  runtime::Shard& shard = shards_.at(target);
  shard.post([&shard, sink = sink_, accepted = std::move(accepted)]() mutable {
    Result<std::unique_ptr<runtime::Socket>> socket = shard.network().adopt(std::move(accepted));
    if (socket) {
      sink(*std::move(socket));
    }
  });
}

}  // namespace odradek::net
