#include "storage/producer_table.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace odradek::storage {

namespace {

constexpr int32_t sequence_max = std::numeric_limits<int32_t>::max();

bool follows(int32_t last, int32_t next) { return last == sequence_max ? next == 0 : next == last + 1; }

const ProducerBatch* find_batch(const ProducerState& state, const ProducerWrite& write) {
  const auto same = [&](const ProducerBatch& batch) {
    return batch.last_sequence == write.last_sequence && batch.first_sequence() == write.base_sequence;
  };
  const auto found = std::ranges::find_if(state.batches, same);
  return found == state.batches.end() ? nullptr : &*found;
}

// Whether sequence `one` lies before `other` or is it; they wrap around, so at most half of all count as before.
bool is_not_after(int32_t one, int32_t other) {
  constexpr int64_t all = int64_t{sequence_max} + 1;
  return (int64_t{other} - one + all) % all < all / 2;
}

// Whether all the epoch's batches up to the last one were appended here, and not only from some batch after `sequence`.
// It is a question for as long as that batch is remembered: a producer has no more in flight than are.
bool was_appended(const ProducerState& state, int32_t sequence) {
  return !state.began_amid || is_not_after(state.batches.front().first_sequence(), sequence);
}

Result<> check_sequence(const ProducerState& state, const ProducerWrite& write) {
  if (write.epoch != state.epoch) {
    if (write.base_sequence != 0) {
      return fail(Errc::OutOfOrderSequence, fmt::format("producer {} began epoch {} with sequence {}, not 0", write.id,
                                                        write.epoch, write.base_sequence));
    }
    return {};
  }
  const int32_t last = state.last_sequence();
  if (last != no_sequence && is_not_after(write.base_sequence, last) && is_not_after(write.last_sequence, last) &&
      was_appended(state, write.base_sequence)) {
    return fail(Errc::DuplicateSequence, fmt::format("producer {} sent sequences {} to {} again, after {}", write.id,
                                                     write.base_sequence, write.last_sequence, last));
  }
  if (!follows(last, write.base_sequence)) {
    return fail(Errc::OutOfOrderSequence,
                fmt::format("producer {} sent sequence {} after {}", write.id, write.base_sequence, last));
  }
  return {};
}

// A producer's new epoch begins without batches.
void enter_epoch(ProducerState& state, ProducerEpoch epoch) {
  if (state.epoch != epoch) {
    state.epoch = epoch;
    state.batches.clear();
    state.began_amid = false;
  }
}

bool is_expired(const ProducerState& state, int64_t now_ms, int64_t expiration_ms) {
  // Producers choose timestamps: any number.
  int64_t age_ms = 0;
  const bool is_ages_ago = __builtin_sub_overflow(now_ms, state.last_timestamp, &age_ms) && state.last_timestamp < 0;
  return !state.transaction_first && (is_ages_ago || age_ms >= expiration_ms);
}

}  // namespace

bool continues(const ProducerWrite& before, const ProducerWrite& next) {
  return next.id == before.id && next.epoch == before.epoch && next.transactional == before.transactional &&
         before.last_sequence != no_sequence && follows(before.last_sequence, next.base_sequence);
}

int32_t ProducerBatch::first_sequence() const {
  if (last_sequence >= offset_delta) {
    return last_sequence - offset_delta;
  }
  // The batch wrapped around: count on from the largest sequence, with 2^31 of them in all.
  return static_cast<int32_t>(int64_t{last_sequence} - offset_delta + int64_t{sequence_max} + 1);
}

Result<std::optional<ProducerBatch>> ProducerTable::check(const ProducerWrite& write) const {
  const ProducerState* state = find(write.id);
  if (state == nullptr) {
    // Nothing is known of it, perhaps because its records were deleted: any sequence may be the next.
    return std::nullopt;
  }
  if (write.epoch < state->epoch) {
    return fail(Errc::InvalidProducerEpoch, fmt::format("producer {} wrote with epoch {}, but {} is its latest",
                                                        write.id, write.epoch, state->epoch));
  }
  if (write.epoch == state->epoch && write.base_sequence != no_sequence) {
    if (const ProducerBatch* before = find_batch(*state, write)) {
      return *before;
    }
  }
  if (write.base_sequence != no_sequence) {
    TRY(check_sequence(*state, write));
  }
  if (state->transaction_first && !write.transactional) {
    return fail(Errc::InvalidTxnState,
                fmt::format("producer {} sent a batch outside of its open transaction", write.id));
  }
  return std::nullopt;
}

Result<> ProducerTable::check(const TransactionMarker& marker) const {
  const ProducerState* state = find(marker.id);
  if (state == nullptr) {
    return {};
  }
  if (marker.epoch < state->epoch) {
    return fail(Errc::InvalidProducerEpoch, fmt::format("marker of epoch {} for producer {}, whose latest is {}",
                                                        marker.epoch, marker.id, state->epoch));
  }
  if (marker.coordinator_epoch < state->coordinator_epoch) {
    return fail(Errc::InvalidProducerEpoch,
                fmt::format("marker for producer {} by coordinator epoch {}, but {} is the latest", marker.id,
                            marker.coordinator_epoch, state->coordinator_epoch));
  }
  return {};
}

void ProducerTable::apply(const ProducerWrite& write, Offset first) {
  ProducerState& state = producers_[write.id];
  state.id = write.id;
  enter_epoch(state, write.epoch);
  if (state.batches.empty()) {
    state.began_amid = write.base_sequence != 0;
  } else if (state.batches.size() == ProducerState::batches_max) {
    state.batches.erase(state.batches.begin());
    state.began_amid = false;
  }
  state.batches.push_back({.last_sequence = write.last_sequence,
                           .last_offset = first + write.offset_delta,
                           .offset_delta = write.offset_delta,
                           .timestamp = write.timestamp});
  state.last_timestamp = write.timestamp;
  if (write.transactional && !state.transaction_first) {
    state.transaction_first = first;
    open_.emplace(first, write.id);
  }
}

std::optional<CompletedTransaction> ProducerTable::apply(const TransactionMarker& marker, Offset offset) {
  ProducerState& state = producers_[marker.id];
  state.id = marker.id;
  enter_epoch(state, marker.epoch);
  state.coordinator_epoch = marker.coordinator_epoch;
  state.last_timestamp = marker.timestamp;
  const auto first = std::exchange(state.transaction_first, std::nullopt);
  if (!first) {
    return std::nullopt;
  }
  const CompletedTransaction completed{.id = marker.id, .first = *first, .marker = offset, .aborted = !marker.commits};
  open_.erase(*first);
  unreplicated_.emplace(*first, completed);
  return completed;
}

Offset ProducerTable::stable_after(const CompletedTransaction& completed) const {
  for (const auto& [first, id] : open_) {
    if (id != completed.id) {
      return first;
    }
  }
  return completed.marker + 1;
}

std::optional<Offset> ProducerTable::first_unstable() const {
  std::optional<Offset> first;
  if (!open_.empty()) {
    first = open_.begin()->first;
  }
  if (!unreplicated_.empty() && (!first || unreplicated_.begin()->first < *first)) {
    first = unreplicated_.begin()->first;
  }
  return first;
}

void ProducerTable::forget_completed_below(Offset high_watermark) {
  while (!unreplicated_.empty() && unreplicated_.begin()->second.marker < high_watermark) {
    unreplicated_.erase(unreplicated_.begin());
  }
}

void ProducerTable::expire(int64_t now_ms, int64_t expiration_ms) {
  std::erase_if(producers_, [&](const auto& entry) { return is_expired(entry.second, now_ms, expiration_ms); });
}

void ProducerTable::limit(size_t count) {
  if (producers_.size() <= count) {
    return;
  }
  std::vector<std::pair<int64_t, ProducerId>> idle;
  for (const auto& [id, state] : producers_) {
    if (!state.transaction_first) {
      idle.emplace_back(state.last_timestamp, id);
    }
  }
  const size_t surplus = std::min(producers_.size() - count, idle.size());
  std::ranges::nth_element(idle, idle.begin() + static_cast<std::ptrdiff_t>(surplus));
  for (size_t i = 0; i < surplus; ++i) {
    producers_.erase(idle[i].second);
  }
}

void ProducerTable::clear() {
  producers_.clear();
  open_.clear();
  unreplicated_.clear();
}

void ProducerTable::put(ProducerState state) {
  if (state.transaction_first) {
    open_.emplace(*state.transaction_first, state.id);
  }
  const ProducerId id = state.id;
  producers_.insert_or_assign(id, std::move(state));
}

const ProducerState* ProducerTable::find(ProducerId id) const {
  const auto found = producers_.find(id);
  return found == producers_.end() ? nullptr : &found->second;
}

}  // namespace odradek::storage
