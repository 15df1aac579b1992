#include "sim/reader.h"

#include <fmt/format.h>

#include "sim/fetching.h"

namespace odradek::sim {
namespace {

using protocol::ErrorCode;

}  // namespace

runtime::Task<void> Reader::run() {
  for (;;) {
    const bool may_go_on = co_await stage_.opened();
    if (!may_go_on) {
      co_return;
    }
    const Result<> ended = co_await read();  // an error is that of a connection: the broker is gone, or the network
    if (!ended && ended.error().code == Errc::RequestTimedOut && stage_.is_open()) {
      stage_.fail("a reader: " + ended.error().message);
    }
    co_await runtime::sleep_for(std::chrono::milliseconds(1 + stage_.world.chance().below(20)));
  }
}

runtime::Async<> Reader::read() {
  const Stage::Visit visit(stage_);
  CO_TRY(const auto client, co_await Client::connect(broker_port));
  while (stage_.is_open()) {
    const TopicPtr topic = stage_.topics.some(stage_.world.chance());
    if (topic == nullptr) {
      break;
    }
    const auto partition = static_cast<int32_t>(stage_.world.chance().below(static_cast<uint64_t>(topic->partitions)));
    CO_TRY(co_await follow(*client, topic, partition));
  }
  co_return Result<>{};
}

runtime::Async<> Reader::follow(Client& client, TopicPtr topic, int32_t partition) {
  runtime::Random& chance = stage_.world.chance();
  Offset& position = positions_[topic->partition(partition)];
  if (chance.one_in(4)) {
    position = Offset{0};
  }
  const uint64_t rounds = 1 + chance.below(8);
  for (uint64_t round = 0; round < rounds && stage_.is_open(); ++round) {
    const auto wait = std::chrono::milliseconds(chance.one_in(2) ? 0 : chance.below(100));
    const Offset from = position;
    CO_TRY(const Fetched fetched, co_await fetch_once(client, stage_, topic, partition, from, wait));
    if (fetched.error == ErrorCode::OffsetOutOfRange) {
      // A power cut or retention took what was there; or we are at a start that was deleted.
      const PartitionId id = topic->partition(partition);
      const bool may_be = stage_.history.losses(id) > 0 || stage_.history.is_unsettled(id) || topic->expires ||
                          fetched.log_start > from || stage_.swarm.deletes_records;
      if (!may_be) {
        stage_.fail(fmt::format("{}-{}: {} is out of range", topic->name, partition, from));
      }
      position = fetched.log_start > from ? fetched.log_start : Offset{0};
    } else if (fetched.error != ErrorCode::None) {
      if (stage_.react(fetched.error, *topic) == Reaction::Wrong) {
        stage_.fail(fmt::format("{}-{}: a reader is refused with error {}", topic->name, partition,
                                static_cast<int16_t>(fetched.error)));
      }
      break;
    } else {
      position = fetched.next;
    }
  }
  co_return Result<>{};
}

}  // namespace odradek::sim
