// A producer: one batch after another to some partition. A plain one forgets a batch whose answer was lost; an
// idempotent one sends it again until it knows.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "sim/client.h"
#include "sim/stage.h"

namespace odradek::sim {

class Producer final : public Workload {
 public:
  Producer(Stage& stage, int32_t number, bool is_idempotent)
      : stage_(stage), number_(number), is_idempotent_(is_idempotent) {}
  [[nodiscard]] runtime::Task<void> run() override;

  // Writes one batch to this partition and waits for its acknowledgement.
  [[nodiscard]] runtime::Async<> write_to(Client& client, TopicPtr topic, int32_t partition);

 private:
  struct Batch {
    TopicPtr topic;
    int32_t partition = 0;
    int64_t first = 0;  // of its records, by number
    int64_t count = 0;
    Bytes bytes;
    bool is_adrift = false;  // was sent, and the answer was lost
  };
  struct Sequence {
    int32_t next = 0;
    uint64_t losses = 0;  // of the partition, when we began to count
  };

  [[nodiscard]] runtime::Async<> produce();
  [[nodiscard]] runtime::Async<> introduce(Client& client);
  [[nodiscard]] Batch make_batch(TopicPtr topic, int32_t partition);
  [[nodiscard]] runtime::Async<> send(Client& client);
  // Forgets the batch that is pending; some of it may have arrived, or may yet arrive.
  void give_up();
  void take_answer(protocol::ErrorCode error, Offset base, uint64_t flush_changes);
  void acknowledged(Offset base, uint64_t flush_changes);
  [[nodiscard]] std::string name() const;

  Stage& stage_;
  int32_t number_;
  bool is_idempotent_;
  ProducerId id_ = no_producer_id;
  ProducerEpoch epoch_ = no_producer_epoch;
  std::map<PartitionId, Sequence> sequences_;
  std::optional<Batch> pending_;  // whose fate is not known, or that is to be sent again
  int64_t written_ = 0;
  int32_t batches_ = 0;
};

}  // namespace odradek::sim
