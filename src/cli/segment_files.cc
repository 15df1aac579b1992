// The binary files beside a segment's log.
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "base/arithmetic.h"
#include "cli/file_contents.h"
#include "storage/file_formats.h"
#include "storage/log_files.h"
#include "storage/offset_index.h"
#include "storage/producer_snapshot.h"
#include "storage/time_index.h"

namespace odradek::cli {

namespace json = boost::json;

namespace {

constexpr size_t aborted_entry_size = 34;

Result<Offset> base_of(std::string_view name, std::string_view suffix) {
  const std::optional<Offset> base = storage::offset_of(name, suffix);
  if (!base) {
    return fail(Errc::InvalidRequest, fmt::format("{} is not twenty digits and {}", name, suffix));
  }
  return *base;
}

json::object to_json(const storage::OffsetIndex::Entry& entry, Offset base) {
  return {{"offset", wrapping_add(base.raw(), entry.offset_delta)}, {"position", entry.position}};
}

json::object to_json(const storage::TimeIndex::Entry& entry, Offset base) {
  return {{"timestamp", entry.timestamp}, {"offset", wrapping_add(base.raw(), entry.offset_delta)}};
}

// Entries up to the first blank one; they must rise.
template <typename Entry>
Result<FileContents> read_sparse_index(Offset base, ByteView bytes) {
  std::vector<Entry> entries;
  for (size_t at = 0; at + Entry::size <= bytes.size(); at += Entry::size) {
    const Entry entry = Entry::decode(bytes.data() + at);
    if (entry.is_blank()) {
      break;
    }
    if (!entries.empty() && !Entry::precedes(entries.back(), entry)) {
      return fail(Errc::CorruptMessage, "index whose entries do not rise");
    }
    entries.push_back(entry);
  }
  FileContents out;
  out.bytes.resize(entries.size() * Entry::size);
  out.left = bytes.size() - out.bytes.size();
  json::array list;
  for (size_t i = 0; i < entries.size(); ++i) {
    entries[i].encode(out.bytes.data() + i * Entry::size);
    list.push_back(to_json(entries[i], base));
  }
  out.json = {{"baseOffset", base.raw()}, {"entrySize", Entry::size}, {"entries", std::move(list)}};
  return out;
}

json::object to_json(const storage::ProducerBatch& batch) {
  return {{"firstSeq", batch.first_sequence()},
          {"lastSeq", batch.last_sequence},
          {"firstOffset", wrapping_add(batch.last_offset.raw(), -int64_t{batch.offset_delta})},
          {"lastOffset", batch.last_offset.raw()},
          {"timestamp", batch.timestamp}};
}

json::object to_json(const storage::ProducerState& state) {
  json::array batches;
  for (const storage::ProducerBatch& batch : state.batches) {
    batches.push_back(to_json(batch));
  }
  return {{"producerId", state.id.raw()},
          {"producerEpoch", state.epoch.raw()},
          {"coordinatorEpoch", state.coordinator_epoch},
          {"lastTimestamp", state.last_timestamp},
          {"currentTxnFirstOffset", state.transaction_first ? json::value(state.transaction_first->raw()) : nullptr},
          {"batches", std::move(batches)}};
}

}  // namespace

Result<FileContents> read_offset_index(std::string_view name, ByteView bytes) {
  TRY(const Offset base, base_of(name, storage::index_suffix));
  return read_sparse_index<storage::OffsetIndex::Entry>(base, bytes);
}

Result<FileContents> read_time_index(std::string_view name, ByteView bytes) {
  TRY(const Offset base, base_of(name, storage::time_index_suffix));
  return read_sparse_index<storage::TimeIndex::Entry>(base, bytes);
}

Result<FileContents> read_aborted_index(std::string_view /*name*/, ByteView bytes) {
  TRY(const auto transactions, storage::parse_aborted_index(bytes));
  json::array entries;
  for (const storage::AbortedTransaction& transaction : transactions) {
    entries.push_back(json::object{{"version", 0},
                                   {"producerId", transaction.producer.raw()},
                                   {"firstOffset", transaction.first.raw()},
                                   {"lastOffset", transaction.last.raw()},
                                   {"lastStableOffset", transaction.last_stable.raw()}});
  }
  FileContents out;
  out.bytes = storage::encode_aborted_index(transactions);
  out.left = bytes.size() - out.bytes.size();
  out.json = {{"entrySize", aborted_entry_size}, {"entries", std::move(entries)}};
  return out;
}

Result<FileContents> read_producer_snapshot(std::string_view /*name*/, ByteView bytes) {
  TRY(auto states, storage::decode_producer_snapshot(bytes));
  json::array producers;
  storage::ProducerTable table;
  for (storage::ProducerState& state : states) {
    producers.push_back(to_json(state));
    table.put(std::move(state));
  }
  FileContents out;
  out.bytes = storage::encode_producer_snapshot(table);
  out.json.emplace("producers", std::move(producers));
  return out;
}

}  // namespace odradek::cli
