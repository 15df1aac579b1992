#include "storage/producer_table.h"

#include <gtest/gtest.h>

#include "storage/producer_snapshot.h"
#include "storage/testdata/kafka_files.h"

namespace odradek::storage {
namespace {

constexpr int32_t sequence_max = 2'147'483'647;

ProducerWrite write(int32_t first, int32_t count, int16_t epoch = 0, bool transactional = false) {
  const auto last = static_cast<int32_t>((int64_t{first} + count - 1) % (int64_t{sequence_max} + 1));
  return {.id = ProducerId{7},
          .epoch = ProducerEpoch{epoch},
          .base_sequence = first,
          .last_sequence = last,
          .offset_delta = count - 1,
          .timestamp = 1000,
          .transactional = transactional};
}

Errc error_of(const ProducerTable& table, const ProducerWrite& attempt) { return table.check(attempt).error().code; }

TEST(ProducerTable, AcceptsAnySequenceOfAnUnknownProducer) {
  const ProducerTable table;
  EXPECT_TRUE(table.check(write(42, 3)).has_value());
}

TEST(ProducerTable, KnowsTheLastFiveBatches) {
  ProducerTable table;
  for (int32_t i = 0; i < 6; ++i) {
    table.apply(write(i, 1), Offset{i});
  }
  EXPECT_EQ(table.check(write(1, 1)).value()->first_offset(), Offset{1});
  EXPECT_EQ(table.check(write(5, 1)).value()->first_offset(), Offset{5});
}

// So it is after a restart, too: a snapshot holds the last batch only.
TEST(ProducerTable, KnowsThatAnOlderSequenceWasAppended) {
  ProducerTable table;
  for (int32_t i = 0; i < 6; ++i) {
    table.apply(write(i, 1), Offset{i});
  }
  EXPECT_EQ(error_of(table, write(0, 1)), Errc::DuplicateSequence);
  EXPECT_EQ(error_of(table, write(2, 2)), Errc::DuplicateSequence);
  EXPECT_EQ(error_of(table, write(5, 2)), Errc::OutOfOrderSequence) << "it reaches beyond what was appended";
  ProducerTable wrapped;
  for (int32_t left = 5; left > 0; --left) {
    wrapped.apply(write(sequence_max - left, 1), Offset{5 - left});
  }
  wrapped.apply(write(sequence_max, 3), Offset{5});
  EXPECT_EQ(error_of(wrapped, write(sequence_max - 4, 5)), Errc::DuplicateSequence);
  EXPECT_EQ(error_of(wrapped, write(3, 1)), Errc::OutOfOrderSequence);
}

// Its first batch may have been refused, say on a full disk, and is now tried again.
TEST(ProducerTable, DoesNotKnowWhatAnUnknownProducerSentBefore) {
  ProducerTable table;
  table.apply(write(3, 2), Offset{0});
  EXPECT_EQ(error_of(table, write(0, 3)), Errc::OutOfOrderSequence);
  EXPECT_EQ(error_of(table, write(2, 2)), Errc::OutOfOrderSequence);
  EXPECT_EQ(error_of(table, write(3, 1)), Errc::DuplicateSequence);
  EXPECT_TRUE(table.check(write(3, 2)).value().has_value());
  for (int32_t i = 5; i < 10; ++i) {
    table.apply(write(i, 1), Offset{i - 3});
  }
  EXPECT_EQ(error_of(table, write(3, 2)), Errc::DuplicateSequence) << "what was refused is settled by now";
  table.apply(write(0, 1, 1), Offset{8});
  table.apply(write(1, 1, 1), Offset{9});
  EXPECT_EQ(error_of(table, write(0, 2, 1)), Errc::DuplicateSequence) << "an epoch that began with its first sequence";
}

TEST(ProducerTable, RefusesGapsAndOldEpochs) {
  ProducerTable table;
  table.apply(write(0, 3, 2), Offset{0});
  EXPECT_EQ(error_of(table, write(4, 1, 2)), Errc::OutOfOrderSequence);
  EXPECT_EQ(error_of(table, write(3, 1, 1)), Errc::InvalidProducerEpoch);
  EXPECT_EQ(error_of(table, write(3, 1, 3)), Errc::OutOfOrderSequence);
  EXPECT_TRUE(table.check(write(0, 1, 3)).has_value());
  EXPECT_FALSE(table.check(write(3, 1, 2)).value().has_value());
}

TEST(ProducerTable, SequencesWrap) {
  ProducerTable table;
  table.apply(write(sequence_max - 1, 2), Offset{0});
  EXPECT_FALSE(table.check(write(0, 1)).value().has_value());
  table.apply(write(0, 1), Offset{2});
  table.apply(write(1, 1), Offset{3});
  ProducerTable wrapped;
  wrapped.apply(write(sequence_max, 3), Offset{0});
  EXPECT_EQ(wrapped.find(ProducerId{7})->last_sequence(), 1);
  EXPECT_EQ(wrapped.check(write(sequence_max, 3)).value()->first_offset(), Offset{0});
}

TEST(ProducerTable, TransactionsHoldTheStableOffset) {
  ProducerTable table;
  table.apply(write(0, 2, 0, true), Offset{10});
  EXPECT_EQ(error_of(table, write(2, 1)), Errc::InvalidTxnState);
  const TransactionMarker marker{ProducerId{7}, ProducerEpoch{1}, 3, 2000, true};
  const auto completed = table.apply(marker, Offset{12});
  ASSERT_TRUE(completed.has_value());
  EXPECT_EQ(*completed, (CompletedTransaction{ProducerId{7}, Offset{10}, Offset{12}, false}));
  EXPECT_EQ(table.stable_after(*completed), Offset{13});
  EXPECT_EQ(table.first_unstable(), Offset{10});
  table.forget_completed_below(Offset{12});
  EXPECT_EQ(table.first_unstable(), Offset{10});
  table.forget_completed_below(Offset{13});
  EXPECT_EQ(table.first_unstable(), std::nullopt);
  EXPECT_EQ(table.apply(marker, Offset{13}), std::nullopt);
  EXPECT_FALSE(table.check(TransactionMarker{ProducerId{7}, ProducerEpoch{1}, 2, 2000, true}).has_value());
  EXPECT_TRUE(table.check(write(0, 1, 1)).has_value());
}

TEST(ProducerTable, ForgetsTheSilentButNotTheUndecided) {
  ProducerTable table;
  for (int64_t id = 0; id < 10; ++id) {
    ProducerWrite sent = write(0, 1, 0, id == 0);
    sent.id = ProducerId{id};
    sent.timestamp = 1000 + id;
    table.apply(sent, Offset{id});
  }
  table.limit(4);
  EXPECT_EQ(table.size(), 4U);
  EXPECT_NE(table.find(ProducerId{0}), nullptr);
  EXPECT_NE(table.find(ProducerId{9}), nullptr);
  EXPECT_EQ(table.find(ProducerId{1}), nullptr);
  table.expire(2009, 1002);
  EXPECT_EQ(table.size(), 3U);
}

TEST(ProducerSnapshot, ReadsAndWritesKafkasBytes) {
  const Bytes bytes = testdata::from_hex(testdata::producer_snapshot);
  const auto states = decode_producer_snapshot(bytes);
  ASSERT_TRUE(states.has_value()) << states.error().message;
  ASSERT_EQ(states->size(), 4U);
  EXPECT_EQ((*states)[0].id, ProducerId{239});
  EXPECT_EQ((*states)[0].batches.front().first_sequence(), 0);
  EXPECT_EQ((*states)[1].transaction_first, Offset{30206});
  EXPECT_TRUE((*states)[2].batches.empty());
  EXPECT_EQ((*states)[3].last_sequence(), 39);
  ProducerTable table;
  for (const ProducerState& state : *states) {
    table.put(state);
  }
  EXPECT_EQ(encode_producer_snapshot(table), bytes);
  EXPECT_EQ(encode_producer_snapshot(ProducerTable{}), testdata::from_hex(testdata::producer_snapshot_empty));
}

TEST(ProducerSnapshot, RefusesBatchesThatCannotBe) {
  const auto decoded = [](const ProducerBatch& batch) {
    ProducerTable table;
    ProducerState state;
    state.id = ProducerId{7};
    state.epoch = ProducerEpoch{0};
    state.batches = {batch};
    table.put(state);
    return decode_producer_snapshot(encode_producer_snapshot(table));
  };
  EXPECT_TRUE(decoded({.last_sequence = 4, .last_offset = Offset{4}, .offset_delta = 4}).has_value());
  EXPECT_FALSE(decoded({.last_sequence = 4, .last_offset = Offset{4}, .offset_delta = 5}).has_value());
  EXPECT_FALSE(decoded({.last_sequence = 4, .last_offset = Offset{4}, .offset_delta = -1}).has_value());
  EXPECT_FALSE(decoded({.last_sequence = -2, .last_offset = Offset{4}, .offset_delta = 0}).has_value());
}

TEST(ProducerSnapshot, RefusesTwoTransactionsThatBeginAtOneOffset) {
  ProducerTable table;
  for (const int64_t id : {7, 8}) {
    ProducerState state;
    state.id = ProducerId{id};
    state.transaction_first = Offset{5};
    table.put(state);
  }
  EXPECT_FALSE(decode_producer_snapshot(encode_producer_snapshot(table)).has_value());
}

TEST(ProducerTable, ExpiresByAnyTimestamp) {
  for (const int64_t timestamp : {INT64_MIN, int64_t{-1}, int64_t{0}, INT64_MAX}) {
    ProducerTable table;
    ProducerState state;
    state.id = ProducerId{7};
    state.last_timestamp = timestamp;
    table.put(state);
    table.expire(1'800'000'000'000, 86'400'000);
    EXPECT_EQ(table.size(), timestamp == INT64_MAX ? 1U : 0U) << timestamp;
  }
}

TEST(ProducerSnapshot, RefusesDamage) {
  const Bytes bytes = testdata::from_hex(testdata::producer_snapshot);
  for (size_t i = 0; i < bytes.size(); ++i) {
    Bytes damaged = bytes;
    damaged[i] ^= 0x10;
    EXPECT_FALSE(decode_producer_snapshot(damaged).has_value()) << i;
    EXPECT_FALSE(decode_producer_snapshot(ByteView(bytes).first(i)).has_value()) << i;
  }
}

}  // namespace
}  // namespace odradek::storage
