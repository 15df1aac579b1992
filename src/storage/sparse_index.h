// A file of fixed-size entries in rising order, searched by halves.
//
// Loaded, its entries are in memory and may be appended to; otherwise they are looked up in the file with a few
// reads. An active segment's index is loaded and reaches the file when it is stored (at a checkpoint, a roll and at the
// end): what a crash took is rebuilt from the log. Entry has: `size` (bytes), encode, decode, is_blank (what Kafka
// preallocates: zeros) and precedes (the order).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "storage/lazy_file.h"

namespace odradek::storage {

template <typename Entry>
class SparseIndex {
 public:
  static constexpr uint64_t file_size_max = uint64_t{1} << 31;

  // `size_bytes` of the file, where it exists.
  SparseIndex(LazyFile file, uint64_t size_bytes) : file_(std::move(file)), stored_(size_bytes / Entry::size) {}

  [[nodiscard]] bool is_loaded() const { return loaded_; }
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }  // while loaded
  [[nodiscard]] size_t count() const { return loaded_ ? entries_.size() : stored_; }
  [[nodiscard]] LazyFile& file() { return file_; }

  // Begins an empty one in memory, whatever the file holds.
  void reset() {
    entries_.clear();
    loaded_ = true;
    same_ = 0;
    must_cut_ = true;
  }

  // Reads the entries into memory; blanks at the end are dropped. Where they do not rise: CorruptMessage, or, asked
  // for what a crash left, only those before that.
  [[nodiscard]] runtime::Async<> load(bool after_crash = false) {
    if (loaded_) {
      co_return {};
    }
    CO_TRY(const Bytes bytes, co_await file_.read_all(file_size_max));
    std::vector<Entry> entries;
    entries.reserve(bytes.size() / Entry::size);
    for (size_t at = 0; at + Entry::size <= bytes.size(); at += Entry::size) {
      const Entry entry = Entry::decode(bytes.data() + at);
      if (entry.is_blank()) {
        break;
      }
      if (!entries.empty() && !Entry::precedes(entries.back(), entry)) {
        if (after_crash) {
          break;
        }
        co_return fail(Errc::CorruptMessage, "index whose entries do not rise");
      }
      entries.push_back(entry);
    }
    same_ = entries.size();
    must_cut_ = entries.size() * Entry::size != bytes.size();
    entries_ = std::move(entries);
    loaded_ = true;
    co_return {};
  }

  // Only while loaded.
  void append(Entry entry) {
    ensure(loaded_, "an index is loaded before it grows");
    entries_.push_back(entry);
  }
  template <typename Predicate>
  void drop_back_while(Predicate predicate) {
    ensure(loaded_, "an index is loaded before it shrinks");
    while (!entries_.empty() && predicate(entries_.back())) {
      entries_.pop_back();
      must_cut_ = true;
    }
    same_ = std::min(same_, entries_.size());
  }

  // Writes the entries to the file where it differs (creating it, if it is absent).
  [[nodiscard]] runtime::Async<> store() {
    if (!loaded_ || is_stored()) {
      co_return {};
    }
    const size_t count = entries_.size();
    Bytes bytes((count - same_) * Entry::size);
    for (size_t i = same_; i < count; ++i) {
      entries_[i].encode(bytes.data() + (i - same_) * Entry::size);
    }
    CO_TRY(co_await file_.write(same_ * Entry::size, std::move(bytes)));
    if (must_cut_) {
      CO_TRY(co_await file_.truncate(count * Entry::size));
    }
    same_ = count;
    must_cut_ = false;
    stored_ = count;
    co_return {};
  }

  // Drops the entries from memory; they were stored.
  void unload() {
    ensure(!loaded_ || is_stored(), "an index is stored before it leaves memory");
    loaded_ = false;
    entries_ = {};
  }

  // The last entry for which `at_or_below` holds; it must hold for a front part of the entries only.
  template <typename Predicate>
  [[nodiscard]] runtime::Async<std::optional<Entry>> floor(Predicate at_or_below) {
    if (loaded_) {
      co_return floor_of(entries_, at_or_below);
    }
    if (stored_ == 0) {
      co_return std::nullopt;
    }
    CO_TRY(runtime::File* const file, co_await file_.get());
    // Halve until what is left is one small read.
    constexpr size_t few = 4096 / Entry::size;
    size_t low = 0;
    size_t high = stored_;
    while (high - low > few) {
      const size_t middle = low + (high - low) / 2;
      CO_TRY(const auto probe, co_await read(file, middle, 1));
      (!probe.empty() && at_or_below(probe.front()) ? low : high) = middle;
    }
    CO_TRY(const auto rest, co_await read(file, low, high - low));
    co_return floor_of(rest, at_or_below);
  }

  [[nodiscard]] runtime::Async<std::optional<Entry>> last() {
    if (loaded_) {
      co_return entries_.empty() ? std::nullopt : std::optional(entries_.back());
    }
    if (stored_ == 0) {
      co_return std::nullopt;
    }
    CO_TRY(runtime::File* const file, co_await file_.get());
    CO_TRY(const auto entries, co_await read(file, stored_ - 1, 1));
    co_return entries.empty() ? std::nullopt : std::optional(entries.back());
  }

 private:
  template <typename Predicate>
  static std::optional<Entry> floor_of(const std::vector<Entry>& entries, Predicate at_or_below) {
    const auto above = std::partition_point(entries.begin(), entries.end(), at_or_below);
    return above == entries.begin() ? std::nullopt : std::optional(*std::prev(above));
  }

  [[nodiscard]] runtime::Async<std::vector<Entry>> read(runtime::File* file, size_t first, size_t count) {
    Bytes bytes(count * Entry::size);
    CO_TRY(const size_t got, co_await file->read(first * Entry::size, bytes));
    std::vector<Entry> entries;
    entries.reserve(count);
    for (size_t at = 0; at + Entry::size <= got; at += Entry::size) {
      entries.push_back(Entry::decode(bytes.data() + at));
    }
    co_return entries;
  }

  [[nodiscard]] bool is_stored() const { return file_.exists() && same_ == entries_.size() && !must_cut_; }

  LazyFile file_;
  size_t stored_;  // entries in the file, as far as known
  std::vector<Entry> entries_;
  bool loaded_ = false;
  size_t same_ = 0;        // so many entries at the front are in the file too
  bool must_cut_ = false;  // the file may hold more than the entries
};

}  // namespace odradek::storage
