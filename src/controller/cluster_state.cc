#include "controller/cluster_state.h"

#include <iterator>

#include "protocol/wire_code.h"

namespace odradek::controller {

Result<std::vector<ByteView>> values_of(std::span<const machine::LogRecordView> records) {
  std::vector<ByteView> values;
  values.reserve(records.size());
  for (const machine::LogRecordView& record : records) {
    if (!record.value) {
      return fail(Errc::CorruptMessage, "a metadata record without a value");
    }
    values.push_back(*record.value);
  }
  return values;
}

Result<> ClusterState::load(const machine::LogSnapshot& snapshot) {
  TRY(const std::vector<ByteView> values, values_of(snapshot.records));
  TRY(loader_.load_snapshot({.offset = snapshot.end + -1, .epoch = snapshot.epoch, .timestamp = snapshot.timestamp},
                            values));
  return {};
}

Result<> ClusterState::replay(Offset base, LeaderEpoch epoch, int64_t timestamp,
                              std::span<const machine::LogRecordView> records) {
  TRY(const std::vector<ByteView> values, values_of(records));
  TRY(loader_.load(base, epoch, timestamp, values));
  return {};
}

Refusal refusal(const Error& error) { return {.code = protocol::wire_code(error.code), .message = error.message}; }

void RecordList::append(RecordList other) {
  records_.insert(records_.end(), std::make_move_iterator(other.records_.begin()),
                  std::make_move_iterator(other.records_.end()));
}

}  // namespace odradek::controller
