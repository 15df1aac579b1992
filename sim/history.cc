#include "sim/history.h"

#include <charconv>

#include <fmt/format.h>

namespace odradek::sim {

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

History::Wrong History::place(Partition& known, const TopicPartition& partition, Offset offset, Writing writing) {
  const auto [at_offset, is_new] = known.records.emplace(offset, writing);
  if (at_offset->second != writing) {
    return fmt::format("{} offset {}: was {}, is {}", partition, offset, at_offset->second.text(), writing.text());
  }
  const auto [place, is_first] = known.places.emplace(writing, offset);
  if (place->second != offset) {
    return fmt::format("{}: {} lies at {} and at {}", partition, writing.text(), place->second, offset);
  }
  if (!is_new) {
    return std::nullopt;
  }
  // The neighbours of the same producer must lie on the same side by offset as by number.
  const auto after = known.places.upper_bound(writing);
  if (after != known.places.end() && after->first.producer == writing.producer && after->second < offset) {
    return fmt::format("{}: {} lies after {}", partition, writing.text(), after->first.text());
  }
  return std::nullopt;
}

History::Wrong History::note_acknowledged(const TopicPartition& partition, Offset offset, Writing writing) {
  Partition& known = partitions_[partition];
  ++acknowledged_;
  known.acknowledged.emplace(writing, offset);
  return place(known, partition, offset, writing);
}

History::Wrong History::note_read(const TopicPartition& partition, Offset offset, Writing writing) {
  ++read_;
  return place(partitions_[partition], partition, offset, writing);
}

History::Wrong History::check_complete(const TopicPartition& partition, Offset end) const {
  const auto known = partitions_.find(partition);
  if (known == partitions_.end()) {
    return std::nullopt;
  }
  for (const auto& [writing, offset] : known->second.acknowledged) {
    if (offset >= end) {
      return fmt::format("{}: {} was acknowledged at {}, and the log ends at {}", partition, writing.text(), offset,
                         end);
    }
  }
  return std::nullopt;
}

}  // namespace odradek::sim
