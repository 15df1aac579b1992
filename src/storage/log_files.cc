#include "storage/log_files.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "storage/detail/checkpoint_text.h"

namespace odradek::storage {

namespace {

constexpr size_t offset_digits = 20;
constexpr int64_t base_offset_max = INT64_MAX - (int64_t{1} << 32);  // offsets of its batches do not overflow
constexpr size_t name_size_max = 255;
constexpr size_t unique_digits = 32;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// What follows `key` and a colon in one of the lines of `text`.
std::optional<std::string_view> value_of(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const size_t colon = line.find(':');
    if (colon != std::string_view::npos && trim(line.substr(0, colon)) == key) {
      return trim(line.substr(colon + 1));
    }
  }
  return std::nullopt;
}

}  // namespace

std::string file_name(Offset base, std::string_view suffix) { return fmt::format("{:020}{}", base.raw(), suffix); }

std::optional<Offset> offset_of(std::string_view name, std::string_view suffix) {
  if (name.size() != offset_digits + suffix.size() || !name.ends_with(suffix) ||
      !std::ranges::all_of(name.substr(0, offset_digits), is_digit)) {
    return std::nullopt;
  }
  const auto number = detail::parse_number<int64_t>(name.substr(0, offset_digits));
  return number && *number <= base_offset_max ? std::optional(Offset{*number}) : std::nullopt;
}

std::string directory_name(const TopicPartition& partition) {
  return fmt::format("{}-{}", partition.topic, partition.index);
}

std::string retired_name(const TopicPartition& partition, const Uuid& unique, std::string_view end) {
  const std::string tail = fmt::format("-{}.{:016x}{:016x}-{}", partition.index, unique.most(), unique.least(), end);
  return partition.topic.substr(0, std::min(partition.topic.size(), name_size_max - tail.size())) + tail;
}

bool is_retired_name(std::string_view name, std::string_view end) {
  if (!name.ends_with(end) || name.size() <= end.size() + 1 || name[name.size() - end.size() - 1] != '-') {
    return false;
  }
  name.remove_suffix(end.size() + 1);
  const size_t dot = name.rfind('.');
  return dot != std::string_view::npos && dot > 0 && name.size() - dot - 1 == unique_digits;
}

std::optional<TopicPartition> parse_directory_name(std::string_view name) {
  const size_t dash = name.rfind('-');
  if (dash == std::string_view::npos || dash == 0) {
    return std::nullopt;
  }
  const std::string_view digits = name.substr(dash + 1);
  const auto index = detail::parse_number<int32_t>(digits);
  if (!index || !std::ranges::all_of(digits, is_digit)) {
    return std::nullopt;
  }
  return TopicPartition{std::string(name.substr(0, dash)), PartitionIndex{*index}};
}

std::string partition_metadata_text(TopicId topic) { return fmt::format("version: 0\ntopic_id: {}", topic); }

Result<TopicId> parse_partition_metadata(std::string_view text) {
  const auto version = value_of(text, "version");
  const auto id = value_of(text, "topic_id");
  const auto number = version ? detail::parse_number<int32_t>(*version) : std::nullopt;
  if (!number || *number < 0 || !id) {
    return fail(Errc::CorruptMessage, "partition.metadata lacks its version or topic_id");
  }
  const auto uuid = Uuid::parse(*id);
  if (!uuid || uuid->is_zero()) {
    return fail(Errc::CorruptMessage, fmt::format("partition.metadata holds '{}', which is no topic id", *id));
  }
  return TopicId{*uuid};
}

std::string compaction_text(Offset end) { return fmt::format("version: 0\nend_offset: {}", end); }

std::optional<Offset> parse_compaction(std::string_view text) {
  const auto end = value_of(text, "end_offset");
  const auto number = end ? detail::parse_number<int64_t>(*end) : std::nullopt;
  return number && *number >= 0 ? std::optional(Offset{*number}) : std::nullopt;
}

std::string clean_shutdown_text(BrokerEpoch epoch) { return fmt::format(R"({{"version":0,"brokerEpoch":{}}})", epoch); }

std::optional<BrokerEpoch> parse_clean_shutdown(std::string_view text) {
  constexpr std::string_view key = "\"brokerEpoch\"";
  const size_t at = text.find(key);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  std::string_view rest = text.substr(at + key.size());
  const size_t colon = rest.find(':');
  const size_t end = rest.find_first_of(",}");
  if (colon == std::string_view::npos || end == std::string_view::npos || end < colon) {
    return std::nullopt;
  }
  const auto epoch = detail::parse_number<int64_t>(trim(rest.substr(colon + 1, end - colon - 1)));
  return epoch ? std::optional(BrokerEpoch{*epoch}) : std::nullopt;
}

}  // namespace odradek::storage
