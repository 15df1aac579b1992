#include "sim/history.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include <fmt/format.h>

namespace odradek::sim {
namespace {

constexpr std::string_view on_the_disk = "on the disk";

}  // namespace

std::string Writing::text() const { return fmt::format("{}:{}", producer, number); }

std::optional<Writing> Writing::parse(std::string_view text) {
  Writing writing;
  const char* end = text.data() + text.size();
  const auto producer = std::from_chars(text.data(), text.data() + text.size(), writing.producer);
  if (producer.ec != std::errc{} || producer.ptr == end || *producer.ptr != ':') {
    return std::nullopt;
  }
  const auto number = std::from_chars(producer.ptr + 1, end, writing.number);
  if (number.ec != std::errc{} || number.ptr == end || *number.ptr != ' ') {
    return std::nullopt;
  }
  return writing;
}

Offset History::end_of(const Partition& known) {
  return known.records.empty() ? Offset{0} : known.records.rbegin()->first + 1;
}

History::Wrong History::place(const PartitionId& partition, Offset offset, Writing writing, Telling telling) {
  Partition& known = partitions_[partition];
  const auto before_cut = known.records.find(offset);
  if (before_cut != known.records.end() && before_cut->second.writing != writing && may_be_lost(known, offset)) {
    known.places.erase(before_cut->second.writing);
    known.records.erase(before_cut);
  }
  const auto elsewhere = known.places.find(writing);
  if (elsewhere != known.places.end() && elsewhere->second != offset && may_be_lost(known, elsewhere->second)) {
    known.records.erase(elsewhere->second);
    known.places.erase(elsewhere);
  }
  const auto [at_offset, is_new] = known.records.emplace(
      offset,
      Known{
          .writing = writing, .timestamp = -1, .first = telling, .cuts = is_cut_off_ ? power_cuts_ - 1 : power_cuts_});
  Known& record = at_offset->second;
  if (record.writing != writing) {
    return fmt::format("offset {}: was {}, is {}", offset, record.writing.text(), writing.text());
  }
  record.first.on_disk = record.first.on_disk || telling.on_disk;
  if (is_cut_off_) {
    // An answer that outlived the broker: of this partition there may have been no other.
    const Offset safe = telling.on_disk ? offset + 1 : Offset{0};
    if (!known.safe_end || *known.safe_end < safe) {
      known.safe_end = safe;
      known.promise = on_the_disk;
    }
  }
  const auto [place, is_first] = known.places.emplace(writing, offset);
  if (place->second != offset) {
    return fmt::format("{} lies at {} and at {}", writing.text(), place->second, offset);
  }
  if (!is_new) {
    return std::nullopt;
  }
  return check_order(known, writing, offset);
}

// Beyond a neighbour that was given up lies one whose place says more.
History::Wrong History::check_order(const Partition& known, Writing writing, Offset offset) const {
  const auto place = known.places.find(writing);
  for (auto after = std::next(place); after != known.places.end() && after->first.producer == writing.producer;
       ++after) {
    const bool is_free = may_be_late(known, writing, after->first);
    if (!is_free && after->second < offset && !may_be_lost(known, after->second)) {
      return fmt::format("{} at {} lies after {} at {}", writing.text(), offset, after->first.text(), after->second);
    }
    if (!is_free && !known.given_up.contains(after->first)) {
      break;
    }
  }
  for (auto before = std::make_reverse_iterator(place);
       before != known.places.rend() && before->first.producer == writing.producer; ++before) {
    if (before->second > offset && !may_be_late(known, before->first, writing) && !may_be_lost(known, before->second)) {
      return fmt::format("{} at {} lies before {} at {}", writing.text(), offset, before->first.text(), before->second);
    }
    if (!known.given_up.contains(before->first)) {
      break;
    }
  }
  return std::nullopt;
}

bool History::may_be_late(const Partition& known, Writing given_up, Writing younger) const {
  const auto found = known.given_up.find(given_up);
  if (found == known.given_up.end()) {
    return false;
  }
  const auto next = first_made_.upper_bound({given_up.producer, found->second});
  const bool made_more = next != first_made_.end() && next->first.first == given_up.producer;
  return !made_more || younger.number < next->second;
}

void History::note_given_up(const PartitionId& partition, Writing first, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    partitions_[partition].given_up[{first.producer, first.number + i}] = starts_;
  }
}

bool History::may_be_lost(const Partition& known, Offset offset) const {
  const auto record = known.records.find(offset);
  return known.safe_end && offset >= *known.safe_end && record != known.records.end() &&
         record->second.cuts < power_cuts_;
}

bool History::is_unsettled(const PartitionId& partition) const {
  const auto known = partitions_.find(partition);
  return known != partitions_.end() && known->second.safe_end.has_value();
}

History::Wrong History::note_acknowledged(const PartitionId& partition, Offset offset, Writing writing,
                                          Telling telling) {
  ++acknowledged_;
  return place(partition, offset, writing, telling);
}

History::Wrong History::note_read(const PartitionId& partition, Offset offset, Writing writing, int64_t timestamp,
                                  Telling telling) {
  ++read_;
  if (const auto wrong = place(partition, offset, writing, telling)) {
    return wrong;
  }
  Known& record = partitions_[partition].records.at(offset);
  if (record.timestamp != -1 && record.timestamp != timestamp) {
    return fmt::format("offset {}: its timestamp was {}, is {}", offset, record.timestamp, timestamp);
  }
  record.timestamp = timestamp;
  return std::nullopt;
}

void History::allow_start(const PartitionId& partition, Offset start) {
  Offset& most = partitions_[partition].start_max;
  most = std::max(most, start);
}

Offset History::some_offset(const PartitionId& partition, runtime::Random& chance) const {
  const auto known = partitions_.find(partition);
  const auto end = known == partitions_.end() ? uint64_t{0} : static_cast<uint64_t>(end_of(known->second).raw());
  return Offset{static_cast<int64_t>(chance.below(end + 1))};
}

void History::power_cut(runtime::MonotonicTime flushed_before) {
  ++power_cuts_;
  is_cut_off_ = true;
  for (auto& [partition, known] : partitions_) {
    if (known.safe_end) {
      continue;  // an earlier cut has not been settled yet: it is part of the same question
    }
    known.safe_end = Offset{0};
    for (auto record = known.records.rbegin(); record != known.records.rend(); ++record) {
      if (record->second.first.on_disk || record->second.first.at < flushed_before) {
        known.safe_end = record->first + 1;
        known.promise = record->second.first.on_disk ? on_the_disk : "flushed in the background";
        break;
      }
    }
  }
}

History::Wrong History::settle(const PartitionId& partition, Offset start, Offset end, const std::set<Offset>* seen) {
  if (is_cut_off_) {
    return std::nullopt;  // what was seen is older than the power cut
  }
  Partition& known = partitions_[partition];
  // A power cut may forget that an older segment was made and not that a younger one was: then the front is gone. That
  // breaks no promise as long as none was made of what lay there.
  const bool may_lose_front = known.safe_end && *known.safe_end <= known.start_max;
  // Nor does it where all that lay there was compacted: retention may take a segment that is empty.
  const bool may_be_compacted = seen != nullptr;
  if (start > known.start_max && !may_lose_front && !may_be_compacted) {
    return fmt::format("the log starts at {}, and nothing before {} may be gone", start, known.start_max);
  }
  const Offset must_have = known.safe_end.value_or(end_of(known));
  if (end < must_have) {
    const auto first_lost = known.records.lower_bound(end);
    return fmt::format("{} at {} is gone: the log ends at {}, and what lies below {} was {}",
                       first_lost->second.writing.text(), first_lost->first, end, must_have,
                       known.safe_end ? known.promise : "in the page cache");
  }
  const bool was_cut = known.safe_end.has_value();
  known.safe_end.reset();
  if (start > known.start_max && may_lose_front) {
    known.start_max = start;
    ++known.losses;
    const auto first_kept = known.records.lower_bound(start);
    for (auto lost = known.records.begin(); lost != first_kept; ++lost) {
      known.places.erase(lost->second.writing);
    }
    known.records.erase(known.records.begin(), first_kept);
  }
  const auto first_lost = known.records.lower_bound(end);
  if (first_lost != known.records.end()) {
    ++known.losses;
    for (auto lost = first_lost; lost != known.records.end(); ++lost) {
      known.places.erase(lost->second.writing);
    }
    known.records.erase(first_lost, known.records.end());
  }
  if (was_cut && seen != nullptr) {
    forget_unseen(known, must_have, *seen);
  }
  return std::nullopt;
}

// Of a compacted partition a power cut may take what lies between records that survive: nobody can tell the gap from
// those of compaction.
void History::forget_unseen(Partition& known, Offset from, const std::set<Offset>& seen) {
  for (auto record = known.records.lower_bound(from); record != known.records.end();) {
    if (seen.contains(record->first)) {
      ++record;
      continue;
    }
    known.places.erase(record->second.writing);
    record = known.records.erase(record);
    ++known.losses;
  }
}

History::Wrong History::check_compacted(const PartitionId& partition, Offset start,
                                        const std::map<int64_t, Offset>& last_by_key) const {
  const auto known = partitions_.find(partition);
  if (known == partitions_.end() || known->second.safe_end) {
    return std::nullopt;  // nothing is known, or nobody could look since a power cut
  }
  const Offset from = std::min(start, known->second.start_max);
  for (auto record = known->second.records.lower_bound(from); record != known->second.records.end(); ++record) {
    const auto last = last_by_key.find(record->second.writing.key());
    if (last == last_by_key.end() || last->second < record->first) {
      return fmt::format("{} at {} is gone, and nothing younger has its key", record->second.writing.text(),
                         record->first);
    }
  }
  return std::nullopt;
}

uint64_t History::losses(const PartitionId& partition) const {
  const auto known = partitions_.find(partition);
  return known == partitions_.end() ? 0 : known->second.losses;
}

History::Wrong History::check_timestamp(const PartitionId& partition, Offset start, int64_t timestamp,
                                        std::optional<Offset> answer) const {
  const auto known = partitions_.find(partition);
  if (known == partitions_.end() || known->second.safe_end) {
    return std::nullopt;
  }
  for (auto record = known->second.records.lower_bound(start); record != known->second.records.end(); ++record) {
    const bool qualifies = record->second.timestamp >= timestamp;
    if (qualifies && (!answer || record->first < *answer)) {
      return fmt::format("asked for timestamp {}, the answer is {}, and offset {} has {}", timestamp,
                         answer ? fmt::format("{}", *answer) : "nothing", record->first, record->second.timestamp);
    }
    if (answer && record->first == *answer && record->second.timestamp != -1 && !qualifies) {
      return fmt::format("asked for timestamp {}, the answer is {}, which has {}", timestamp, *answer,
                         record->second.timestamp);
    }
  }
  return std::nullopt;
}

}  // namespace odradek::sim
