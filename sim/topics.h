// The topics of one life, as the clients that made them know them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/ids.h"
#include "runtime/random.h"
#include "runtime/time.h"
#include "sim/history.h"

namespace odradek::sim {

// What is known of a topic's being there: of a request whose answer was lost, it is not known whether it was done.
enum class Being : uint8_t { MayBeMade, There, MayBeDeleted, Gone };

struct Topic {
  std::string name;
  TopicId id;  // none while MayBeMade
  int32_t partitions = 1;
  Being being = Being::MayBeMade;
  runtime::MonotonicTime made{};  // asked for, rather: it was not there before
  bool expires = false;           // has retention limits
  bool compacts = false;          // keeps the last record of each key, or may have done so; others may be gone

  // flush.messages=1 as of now, and from the first record on. Whoever sends notes `flush_changes` before and after: if
  // it has moved, the answer's promise is not known.
  bool flushes = false;
  bool always_flushed = false;
  uint64_t flush_changes = 0;

  [[nodiscard]] PartitionId partition(int32_t index) const { return {id, PartitionIndex{index}}; }
  // May a client be told that it is not there?
  [[nodiscard]] bool may_be_gone() const { return being == Being::MayBeDeleted || being == Being::Gone; }
};
using TopicPtr = std::shared_ptr<Topic>;

class Topics {
 public:
  TopicPtr add(Topic topic) {
    all_.push_back(std::make_shared<Topic>(std::move(topic)));
    return all_.back();
  }
  [[nodiscard]] const std::vector<TopicPtr>& all() const { return all_; }
  // One that is there; null if there is none.
  [[nodiscard]] TopicPtr some(runtime::Random& chance) const {
    std::vector<TopicPtr> there;
    for (const TopicPtr& topic : all_) {
      if (topic->being == Being::There) {
        there.push_back(topic);
      }
    }
    return there.empty() ? nullptr : there[chance.below(there.size())];
  }

 private:
  std::vector<TopicPtr> all_;
};

}  // namespace odradek::sim
