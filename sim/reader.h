// A consumer: reads some partition from its start or from where it was, follows it for a while, takes another.
#pragma once

#include <map>

#include "sim/client.h"
#include "sim/stage.h"

namespace odradek::sim {

class Reader final : public Workload {
 public:
  explicit Reader(Stage& stage) : stage_(stage) {}
  [[nodiscard]] runtime::Task<void> run() override;

 private:
  [[nodiscard]] runtime::Async<> read();
  [[nodiscard]] runtime::Async<> follow(Client& client, TopicPtr topic, int32_t partition);

  Stage& stage_;
  std::map<PartitionId, Offset> positions_;
};

}  // namespace odradek::sim
