// Records of `__consumer_offsets`, loaded as a coordinator loads them. Each: int16 size of its key, the key, int16 size
// of its value (-1: a tombstone), the value.
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "coordinator/group/classic_group.h"
#include "coordinator/group/group_state.h"
#include "fuzz/harness.h"
#include "protocol/writer.h"

namespace odradek::fuzz {
namespace {

using coordinator::GroupState;
using machine::LogRecord;
using machine::LogRecordView;

std::vector<LogRecordView> records_in(ByteView input) {
  std::vector<LogRecordView> records;
  Input parts(input);
  while (!parts.empty()) {
    LogRecordView record;
    record.key = parts.take(parts.integer<uint16_t>());
    const auto size = parts.integer<int16_t>();
    if (size >= 0) {
      record.value = parts.take(static_cast<size_t>(size));
    }
    records.push_back(record);
  }
  return records;
}

LogRecordView view(const LogRecord& record) {
  return {.key = record.key ? std::optional<ByteView>(*record.key) : std::nullopt,
          .value = record.value ? std::optional<ByteView>(*record.value) : std::nullopt};
}

void replay(GroupState& state, const LogRecordView& record) {
  const Result<> replayed = state.replay(Offset{0}, LeaderEpoch{0}, 0, std::span(&record, 1));
  ensure(replayed.has_value(), "what decodes is refused");
}

// Later versions than the one we write may hold what that cannot, and groups that they tell of are written anew.
bool is_ours(const LogRecordView& record, const coordinator::GroupChange& change) {
  constexpr int16_t last = 3;
  return !std::holds_alternative<coordinator::ClassicGroupChange>(change) || !record.value ||
         load_big_endian<int16_t>(record.value->data()) <= last;
}

// What has an unknown tag twice can be read and not be written; groups are written without what is unknown.
bool can_be_written(const LogRecordView& record, const coordinator::GroupChange& change) {
  return std::visit(
      [&](const auto& one) {
        protocol::Writer out;
        one.key.encode(out, 0);
        if (one.value) {
          one.value->encode(out, load_big_endian<int16_t>(record.value->data()));
        }
        return std::move(out).finish_bytes().has_value();
      },
      change);
}

// Stored again, it says the same.
void check_again(const coordinator::GroupChange& change) {
  const LogRecord once = coordinator::encode_change(change);
  const auto decoded = coordinator::decode_change(view(once));
  ensure(decoded.has_value() && decoded->has_value(), "a record that was written does not decode");
  const LogRecord twice = coordinator::encode_change(**decoded);
  ensure(once.key == twice.key && once.value == twice.value, "a record changes when it is written again");
}

// With what undoes every group of it, nothing is left.
void undo(GroupState& state, const std::vector<std::string>& classic) {
  std::vector<LogRecord> records;
  for (const auto& [id, group] : state.consumer_groups()) {
    group->add_tombstones(records);
  }
  for (const std::string& id : classic) {
    protocol::GroupMetadataKey key;
    key.group = std::string_view(id);
    records.push_back(coordinator::tombstone<coordinator::ClassicGroupChange>(std::move(key)));
  }
  for (const LogRecord& record : records) {
    replay(state, view(record));
  }
  ensure(state.consumer_groups().empty() && state.classic_groups().empty(), "a group outlives its tombstones");
}

}  // namespace

void test_one_input(ByteView input) {
  const MemoryMeter memory;
  GroupState state;
  for (const LogRecordView& record : records_in(input)) {
    const auto change = coordinator::decode_change(record);
    if (change && *change) {
      if (is_ours(record, **change) && can_be_written(record, **change)) {
        check_again(**change);
      }
      replay(state, record);
    }
  }
  ensure(memory.peak() <= 1'000'000 + 200 * input.size(), "records take too much memory");
  const coordinator::GroupOptions options;
  std::vector<std::string> classic;
  for (const auto& [id, stored] : state.classic_groups()) {
    classic.push_back(id);
    (void)coordinator::ClassicGroup::revive(id, stored, options, {});
  }
  undo(state, classic);
}

}  // namespace odradek::fuzz
