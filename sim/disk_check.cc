#include "sim/disk_check.h"

#include <algorithm>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "base/big_endian.h"
#include "record/batch_reader.h"
#include "storage/log_files.h"

namespace odradek::sim {
namespace {

using Wrong = std::optional<std::string>;
using Node = runtime::SimNode;

Bytes contents(const Node& node) {
  Bytes bytes(node.size());
  static_cast<void>(node.read(0, bytes));
  return bytes;
}

// One segment file: every batch whole and in its place.
struct Segment {
  Offset base{0};
  Offset end{0};
  std::map<uint64_t, record::BatchHeader> batches;  // by position
};

Wrong scan(const Bytes& bytes, Offset begin, bool may_skip, Segment& segment) {
  record::BatchScanner scanner(bytes);
  Offset next = begin;
  for (;;) {
    const auto batch = scanner.next();
    if (!batch) {
      return batch.error().message;
    }
    if (!*batch) {
      break;
    }
    const Result<> whole = record::check_batch((*batch)->bytes);
    if (!whole) {
      return whole.error().message;
    }
    const record::BatchHeader& header = (*batch)->header;
    if (header.base_offset < next || (header.base_offset > next && !may_skip)) {
      return fmt::format("offset {} follows {}", header.base_offset, next);
    }
    segment.batches.emplace((*batch)->position, header);
    next = header.next_offset();
  }
  if (scanner.remaining() > 0) {
    return fmt::format("{} bytes at its end are no batch", scanner.remaining());
  }
  segment.end = next;
  return std::nullopt;
}

// Entries rise, and each leads to the batch whose last offset it names.
Wrong check_offset_index(const Bytes& bytes, const Segment& segment) {
  constexpr size_t entry_size = 8;
  if (bytes.size() % entry_size != 0) {
    return "its size is odd";
  }
  int64_t last = -1;
  for (size_t at = 0; at < bytes.size(); at += entry_size) {
    const auto delta = int64_t{load_big_endian<uint32_t>(bytes.data() + at)};
    const auto position = load_big_endian<uint32_t>(bytes.data() + at + 4);
    const auto batch = segment.batches.find(position);
    if (batch == segment.batches.end()) {
      return fmt::format("its entry for {} leads to {}, where no batch is", segment.base + delta, position);
    }
    if (delta <= last || segment.base + delta != batch->second.last_offset) {
      return fmt::format("its entry for {} leads to a batch that ends at {}", segment.base + delta,
                         batch->second.last_offset);
    }
    last = delta;
  }
  return std::nullopt;
}

// Entries rise; no record before an entry's offset is younger than it says.
Wrong check_time_index(const Bytes& bytes, const Segment& segment) {
  constexpr size_t entry_size = 12;
  if (bytes.size() % entry_size != 0) {
    return "its size is odd";
  }
  int64_t last_time = -1;
  int64_t last_delta = -1;
  for (size_t at = 0; at < bytes.size(); at += entry_size) {
    const auto time = load_big_endian<int64_t>(bytes.data() + at);
    const auto delta = int64_t{load_big_endian<uint32_t>(bytes.data() + at + 8)};
    if (time < last_time || delta < last_delta) {
      return fmt::format("its entry of {} for {} follows {} for {}", time, delta, last_time, last_delta);
    }
    if (segment.base + delta >= segment.end && segment.end > segment.base) {
      return fmt::format("it has an entry for {}, and the segment ends at {}", segment.base + delta, segment.end);
    }
    for (const auto& [position, header] : segment.batches) {
      if (header.last_offset <= segment.base + delta && header.max_timestamp > time) {
        return fmt::format("it says {} for {}, and the batch before has {}", time, segment.base + delta,
                           header.max_timestamp);
      }
    }
    last_time = time;
    last_delta = delta;
  }
  return std::nullopt;
}

Wrong check_partition(Node& directory, bool compacts) {
  Offset next{-1};
  for (const auto& [name, node] : directory.names()) {
    const auto base = storage::offset_of(name, storage::log_suffix);
    if (!base) {
      continue;
    }
    if (next >= Offset{0} && (*base < next || (*base > next && !compacts))) {
      return fmt::format("{}: the segment before ends at {}", name, next);
    }
    Segment segment{.base = *base, .end = *base, .batches = {}};
    if (const Wrong wrong = scan(contents(*node), *base, compacts, segment)) {
      return fmt::format("{}: {}", name, *wrong);
    }
    next = segment.end;
    const std::string stem = name.substr(0, name.size() - storage::log_suffix.size());
    const auto check = [&](std::string_view suffix, const auto& with) -> Wrong {
      const auto found = directory.names().find(stem + std::string(suffix));
      const Wrong wrong = found == directory.names().end() ? Wrong() : with(contents(*found->second), segment);
      return wrong ? fmt::format("{}{}: {}", stem, suffix, *wrong) : wrong;
    };
    if (const Wrong wrong = check(storage::index_suffix, check_offset_index)) {
      return wrong;
    }
    if (const Wrong wrong = check(storage::time_index_suffix, check_time_index)) {
      return wrong;
    }
  }
  return std::nullopt;
}

bool is_partition(std::string_view name) {
  return !name.ends_with("-delete") && !name.ends_with("-stray") && !name.starts_with("__");
}

bool compacts(const Stage& stage, std::string_view directory) {
  return std::ranges::any_of(stage.topics.all(), [directory](const TopicPtr& topic) {
    return topic->compacts && directory.substr(0, directory.rfind('-')) == topic->name;
  });
}

}  // namespace

std::optional<std::string> check_disk(Stage& stage) {
  std::map<std::string, int> found;  // partition directories: how often each
  for (const std::string& path : stage.swarm.directories()) {
    const auto top = stage.world.disk().find(path);
    if (!top) {
      return path + " is gone";
    }
    for (const auto& [name, node] : (*top)->names()) {
      if (node->kind() == runtime::EntryKind::Directory && is_partition(name)) {
        ++found[name];
        if (const Wrong wrong = check_partition(*node, compacts(stage, name))) {
          return fmt::format("{}/{}/{}", path, name, *wrong);
        }
      }
    }
  }
  for (const TopicPtr& topic : stage.topics.all()) {
    for (int32_t partition = 0; topic->being == Being::There && partition < topic->partitions; ++partition) {
      const std::string name = fmt::format("{}-{}", topic->name, partition);
      if (found.erase(name) == 0) {
        return fmt::format("{} has no directory", name);
      }
    }
  }
  for (const TopicPtr& topic : stage.topics.all()) {
    // A disk that would not rename the directory of a deleted topic is asked again until the broker stops; the next
    // start, which finds it and no topic that it belongs to, sets it aside.
    const bool may_stay = topic->being == Being::Gone && stage.disk_fails;
    const bool is_unsure = topic->being == Being::MayBeMade || topic->being == Being::MayBeDeleted || may_stay;
    for (int32_t partition = 0; is_unsure && partition < topic->partitions; ++partition) {
      found.erase(fmt::format("{}-{}", topic->name, partition));
    }
  }
  if (!found.empty()) {
    return fmt::format("nobody knows {}", found.begin()->first);
  }
  return std::nullopt;
}

}  // namespace odradek::sim
