#include "storage/epoch_cache.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "storage/detail/checkpoint_text.h"

namespace odradek::storage {

Result<EpochCache> EpochCache::parse(std::string_view checkpoint) {
  TRY(const auto lines, detail::checkpoint_lines(checkpoint));
  EpochCache cache;
  for (const std::string_view line : lines) {
    const auto words = detail::words(line);
    const auto epoch = words.size() == 2 ? detail::parse_number<int32_t>(words[0]) : std::nullopt;
    const auto start = words.size() == 2 ? detail::parse_number<int64_t>(words[1]) : std::nullopt;
    if (!epoch || !start) {
      return fail(Errc::CorruptMessage, fmt::format("'{}' is not a leader epoch and its start", line));
    }
    const EpochStart entry{LeaderEpoch{*epoch}, Offset{*start}};
    if (!cache.entries_.empty() &&
        (entry.epoch <= cache.entries_.back().epoch || entry.start <= cache.entries_.back().start)) {
      return fail(Errc::CorruptMessage, "leader epochs that do not rise");
    }
    cache.entries_.push_back(entry);
  }
  return cache;
}

std::string EpochCache::text() const {
  std::string text = fmt::format("0\n{}\n", entries_.size());
  for (const EpochStart& entry : entries_) {
    fmt::format_to(std::back_inserter(text), "{} {}\n", entry.epoch, entry.start);
  }
  return text;
}

bool EpochCache::assign(LeaderEpoch epoch, Offset start) {
  if (epoch.raw() < 0 || epoch <= latest()) {
    return false;
  }
  while (!entries_.empty() && entries_.back().start >= start) {
    entries_.pop_back();
  }
  entries_.push_back({epoch, start});
  return true;
}

LeaderEpoch EpochCache::latest() const { return entries_.empty() ? no_leader_epoch : entries_.back().epoch; }

EpochEnd EpochCache::end_of(LeaderEpoch requested, Offset log_end) const {
  if (requested == no_leader_epoch) {
    return {};
  }
  if (requested == latest()) {
    return {requested, log_end};
  }
  const auto higher = std::ranges::upper_bound(entries_, requested, {}, &EpochStart::epoch);
  if (higher == entries_.end()) {
    return {};  // an epoch we have not heard of
  }
  const LeaderEpoch known = higher == entries_.begin() ? requested : std::prev(higher)->epoch;
  return {known, higher->start};
}

LeaderEpoch EpochCache::epoch_at(Offset offset) const {
  const auto above = std::ranges::upper_bound(entries_, offset, {}, &EpochStart::start);
  return above == entries_.begin() ? no_leader_epoch : std::prev(above)->epoch;
}

bool EpochCache::truncate_from_end(Offset end) {
  const size_t before = entries_.size();
  while (!entries_.empty() && entries_.back().start >= end) {
    entries_.pop_back();
  }
  return entries_.size() != before;
}

bool EpochCache::truncate_from_start(Offset start) {
  auto above = std::ranges::upper_bound(entries_, start, {}, &EpochStart::start);
  if (above == entries_.begin() || std::prev(above)->start == start) {
    const bool changes = above != entries_.begin() && std::prev(above) != entries_.begin();
    if (changes) {
      entries_.erase(entries_.begin(), std::prev(above));
    }
    return changes;
  }
  std::prev(above)->start = start;
  entries_.erase(entries_.begin(), std::prev(above));
  return true;
}

bool EpochCache::clear() {
  const bool changes = !entries_.empty();
  entries_.clear();
  return changes;
}

}  // namespace odradek::storage
