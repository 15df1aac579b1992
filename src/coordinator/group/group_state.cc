#include "coordinator/group/group_state.h"

#include <optional>
#include <string>
#include <type_traits>
#include <variant>

namespace odradek::coordinator {

const ConsumerGroup* GroupState::consumer_group(std::string_view id) const {
  const auto found = consumer_.find(id);
  return found == consumer_.end() ? nullptr : found->second.get();
}

Result<> GroupState::load(const machine::LogSnapshot& snapshot) {
  return replay(Offset{0}, snapshot.epoch, snapshot.timestamp, snapshot.records);
}

Result<> GroupState::replay(Offset, LeaderEpoch, int64_t, std::span<const machine::LogRecordView> records) {
  for (const machine::LogRecordView& record : records) {
    TRY(const std::optional<GroupChange> change, decode_change(record));
    if (change) {
      std::visit([&](const auto& one) { apply(one, record); }, *change);
    }
  }
  return {};
}

void GroupState::apply(const OffsetChange& change, const machine::LogRecordView&) { offsets_.replay(change); }

void GroupState::apply(const ClassicGroupChange& change, const machine::LogRecordView& stored) {
  if (stored.value) {
    classic_.insert_or_assign(change.key.group.str(), Bytes(stored.value->begin(), stored.value->end()));
  } else {
    classic_.erase(change.key.group.str());
  }
}

template <typename ConsumerChange>
void GroupState::apply(const ConsumerChange& change, const machine::LogRecordView&) {
  const std::string_view id = change.key.group_id.view();
  auto found = consumer_.find(id);
  if (found == consumer_.end()) {
    if (!change.value) {
      return;
    }
    found = consumer_.emplace(std::string(id), std::make_unique<ConsumerGroup>(std::string(id))).first;
  }
  found->second->replay(change);
  if (std::is_same_v<ConsumerChange, ConsumerGroupChange> && !change.value) {
    consumer_.erase(found);
  }
}

}  // namespace odradek::coordinator
