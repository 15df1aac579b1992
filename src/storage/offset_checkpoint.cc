#include "storage/offset_checkpoint.h"

#include <iterator>

#include <fmt/format.h>

#include "storage/detail/checkpoint_text.h"

namespace odradek::storage {

Result<OffsetCheckpoint> parse_offset_checkpoint(std::string_view text) {
  TRY(const auto lines, detail::checkpoint_lines(text));
  OffsetCheckpoint offsets;
  offsets.reserve(lines.size());
  for (const std::string_view line : lines) {
    const auto words = detail::words(line);
    if (words.size() != 3) {
      return fail(Errc::CorruptMessage, fmt::format("checkpoint line '{}' is not a topic, a partition and an offset", line));
    }
    const auto partition = detail::parse_number<int32_t>(words[1]);
    const auto offset = detail::parse_number<int64_t>(words[2]);
    if (!partition || !offset) {
      return fail(Errc::CorruptMessage, fmt::format("checkpoint line '{}' holds no number", line));
    }
    offsets.insert_or_assign(TopicPartition{std::string(words[0]), PartitionIndex{*partition}}, Offset{*offset});
  }
  return offsets;
}

std::string offset_checkpoint_text(const OffsetCheckpoint& offsets) {
  std::string text = fmt::format("0\n{}\n", offsets.size());
  for (const auto& [partition, offset] : offsets) {
    fmt::format_to(std::back_inserter(text), "{} {} {}\n", partition.topic, partition.index, offset);
  }
  return text;
}

}  // namespace odradek::storage
