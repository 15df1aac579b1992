#include "storage/aborted_index.h"

#include <algorithm>

#include "base/big_endian.h"
#include "storage/file_formats.h"

namespace odradek::storage {

namespace {

constexpr size_t entry_size = 34;
constexpr int16_t version = 0;
constexpr uint64_t file_size_max = 256 << 20;

AbortedTransaction decode(const uint8_t* from) {
  return {.producer = ProducerId{load_big_endian<int64_t>(from + 2)},
          .first = Offset{load_big_endian<int64_t>(from + 10)},
          .last = Offset{load_big_endian<int64_t>(from + 18)},
          .last_stable = Offset{load_big_endian<int64_t>(from + 26)}};
}

void encode(const AbortedTransaction& entry, uint8_t* to) {
  store_big_endian<int16_t>(to, version);
  store_big_endian<int64_t>(to + 2, entry.producer.raw());
  store_big_endian<int64_t>(to + 10, entry.first.raw());
  store_big_endian<int64_t>(to + 18, entry.last.raw());
  store_big_endian<int64_t>(to + 26, entry.last_stable.raw());
}

}  // namespace

Result<std::vector<AbortedTransaction>> parse_aborted_index(ByteView bytes) {
  std::vector<AbortedTransaction> transactions;
  transactions.reserve(bytes.size() / entry_size);
  for (size_t at = 0; at + entry_size <= bytes.size(); at += entry_size) {
    if (load_big_endian<int16_t>(bytes.data() + at) != version) {
      return fail(Errc::CorruptMessage, "transaction index of an unknown version");
    }
    transactions.push_back(decode(bytes.data() + at));
  }
  return transactions;
}

Bytes encode_aborted_index(std::span<const AbortedTransaction> transactions) {
  Bytes bytes(transactions.size() * entry_size);
  for (size_t i = 0; i < transactions.size(); ++i) {
    encode(transactions[i], bytes.data() + i * entry_size);
  }
  return bytes;
}

runtime::Async<> AbortedIndex::load() {
  if (loaded_) {
    co_return {};
  }
  CO_TRY(const Bytes bytes, co_await file_.read_all(file_size_max));
  if (loaded_) {
    co_return {};  // by somebody else meanwhile, who may have appended
  }
  CO_TRY(std::vector<AbortedTransaction> entries, parse_aborted_index(bytes));
  entries_ = std::move(entries);
  loaded_ = true;
  co_return {};
}

runtime::Async<> AbortedIndex::append(AbortedTransaction transaction) {
  CO_TRY(co_await load());
  Bytes bytes = encode_aborted_index({&transaction, 1});
  CO_TRY(co_await file_.write(entries_.size() * entry_size, std::move(bytes)));
  entries_.push_back(transaction);
  co_return {};
}

runtime::Async<bool> AbortedIndex::collect(Offset from, Offset upper, std::vector<AbortedTransaction>& found) {
  CO_TRY(co_await load());
  for (const AbortedTransaction& entry : entries_) {
    if (entry.last >= from && entry.first < upper) {
      found.push_back(entry);
    }
    // Nothing that was written later can begin below the stable offset of then.
    if (entry.last_stable >= upper) {
      co_return true;
    }
  }
  co_return false;
}

runtime::Async<> AbortedIndex::clear() {
  if (file_.exists()) {
    CO_TRY(co_await file_.truncate(0));
  }
  entries_.clear();
  loaded_ = true;
  co_return {};
}

runtime::Async<> AbortedIndex::truncate_to(Offset end) {
  if (!file_.exists()) {
    co_return {};
  }
  CO_TRY(co_await load());
  Offset before{-1};  // where the transaction before this one ended
  const auto stays = [&](const AbortedTransaction& entry) {
    const bool is_sound = entry.first >= Offset{0} && entry.first <= entry.last && entry.last > before;
    before = entry.last;
    return is_sound && entry.last < end;
  };
  entries_.erase(std::ranges::find_if_not(entries_, stays), entries_.end());
  co_return co_await file_.truncate(entries_.size() * entry_size);
}

}  // namespace odradek::storage
