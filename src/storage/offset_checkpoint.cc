#include "storage/offset_checkpoint.h"

#include <iterator>

#include <fmt/format.h>

#include "storage/detail/checkpoint_text.h"
#include "storage/file_formats.h"

namespace odradek::storage {

namespace {

template <typename Offsets>
std::string text_of(const Offsets& offsets) {
  std::string text = fmt::format("0\n{}\n", offsets.size());
  for (const auto& [partition, offset] : offsets) {
    fmt::format_to(std::back_inserter(text), "{} {} {}\n", partition.topic, partition.index, offset);
  }
  return text;
}

}  // namespace

Result<std::vector<OffsetCheckpointEntry>> parse_offset_checkpoint_entries(std::string_view text) {
  TRY(const auto lines, detail::checkpoint_lines(text));
  std::vector<OffsetCheckpointEntry> entries;
  entries.reserve(lines.size());
  for (const std::string_view line : lines) {
    const auto words = detail::words(line);
    if (words.size() != 3) {
      return fail(Errc::CorruptMessage,
                  fmt::format("checkpoint line '{}' is not a topic, a partition and an offset", line));
    }
    const auto partition = detail::parse_number<int32_t>(words[1]);
    const auto offset = detail::parse_number<int64_t>(words[2]);
    if (!partition || !offset) {
      return fail(Errc::CorruptMessage, fmt::format("checkpoint line '{}' holds no number", line));
    }
    entries.emplace_back(TopicPartition{std::string(words[0]), PartitionIndex{*partition}}, Offset{*offset});
  }
  return entries;
}

Result<OffsetCheckpoint> parse_offset_checkpoint(std::string_view text) {
  TRY(auto entries, parse_offset_checkpoint_entries(text));
  OffsetCheckpoint offsets;
  offsets.reserve(entries.size());
  for (auto& [partition, offset] : entries) {
    offsets.insert_or_assign(std::move(partition), offset);
  }
  return offsets;
}

std::string offset_checkpoint_text(const OffsetCheckpoint& offsets) { return text_of(offsets); }

std::string offset_checkpoint_text(std::span<const OffsetCheckpointEntry> entries) { return text_of(entries); }

}  // namespace odradek::storage
