// Partition tables on a simulated disk, one per shard, fed with images. Runs on as many shards as ODRADEK_TEST_SHARDS
// says.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "metadata/metadata_delta.h"
#include "metadata/metadata_fixture.h"
#include "record/batch_builder.h"
#include "replication/fetch_round.h"
#include "replication/partition_router.h"
#include "runtime/file.h"
#include "runtime/sim/sim_test.h"

namespace odradek::replication {

class ReplicationTest : public runtime::SimTest {
 protected:
  static constexpr NodeId self{1};

  ReplicationTest() : router_(sim) {
    EXPECT_TRUE(run(files().create_directories("/data")).has_value());
    make_tables();
  }
  ~ReplicationTest() override { close(); }

  void make_tables() {
    run(sim.on_all([this]() -> runtime::Task<void> {
      const runtime::ShardId here = runtime::Shard::current().id();
      auto owns = [this, here](const PartitionId& id) { return router_.owner(id) == here; };
      auto rules = [this](const metadata::MetadataImage&, std::string_view) { return rules_; };
      router_.set_table(here, std::make_unique<PartitionTable>(
                                  self, std::vector<LogDirectoryRef>{{.path = "/data", .id = DirectoryId{Uuid{7, 7}}}},
                                  std::move(owns), std::move(rules)));
      co_return;
    }));
    image_ = std::make_shared<const metadata::MetadataImage>();
    is_open_ = true;
  }

  // Publishes on all shards; settle() waits for the directories.
  void apply(std::vector<metadata::MetadataRecord> records) {
    metadata::MetadataDelta delta(image_);
    for (const metadata::MetadataRecord& record : records) {
      EXPECT_TRUE(delta.replay(record).has_value());
    }
    const metadata::ImageUpdate update = std::move(delta).finish(image_->position());
    image_ = update.image;
    for (uint32_t i = 1; i < sim.size(); ++i) {
      sim.at(runtime::ShardId{i}).post([this, update] { router_.local().apply(update); });
    }
    router_.local().apply(update);
  }
  void settle() {
    run(sim.on_all([this]() -> runtime::Task<void> { co_await router_.local().settled(); }));
  }
  static std::vector<metadata::MetadataRecord> topic(std::string_view name, Uuid id, int32_t partitions = 1) {
    std::vector<metadata::MetadataRecord> records;
    records.emplace_back(metadata::topic_record(name, id));
    for (int32_t i = 0; i < partitions; ++i) {
      records.emplace_back(metadata::partition_record(id, i));
    }
    return records;
  }
  static std::vector<metadata::MetadataRecord> removal(Uuid id) {
    protocol::RemoveTopicRecord record;
    record.topic_id = id;
    std::vector<metadata::MetadataRecord> records;
    records.emplace_back(record);
    return records;
  }
  void create(std::string_view name, Uuid id, int32_t partitions = 1) {
    apply(topic(name, id, partitions));
    settle();
  }

  // Closes every table; what they say of it, together.
  std::vector<PartitionTable::Closed> close() {
    if (!std::exchange(is_open_, false)) {
      return {};
    }
    return run(sim.on_all([this]() -> runtime::Task<PartitionTable::Closed> {
      co_return co_await router_.local().close([](size_t) {});
    }));
  }
  // Closes, and begins again on the same disk with these directories found.
  void restart(const std::vector<storage::FoundPartition>& found, TopicId routed_as) {
    close();
    make_tables();
    for (const storage::FoundPartition& one : found) {
      const PartitionId id{.topic = routed_as, .index = one.place.partition.index};
      run(router_.on_owner(id, [one](PartitionTable& table) { return expect(table, one); }));
    }
  }
  static storage::FoundPartition found(std::string_view topic, int32_t index, Offset start = Offset{0}) {
    const TopicPartition name{.topic = std::string(topic), .index = PartitionIndex{index}};
    return {.place = {.directory = "/data/" + std::string(topic) + "-" + std::to_string(index),
                      .partition = name,
                      .was_clean = false,
                      .recovery_point = Offset{0},
                      .has_recovery_point = false,
                      .start_offset = start}};
  }

  static PartitionId id_of(Uuid topic, int32_t index = 0) {
    return {.topic = TopicId{topic}, .index = PartitionIndex{index}};
  }
  // Produces one record; its offset, or the error.
  std::expected<int64_t, Errc> produce(PartitionId id, int16_t acks = -1) {
    return run(router_.on_owner(id, [id, acks](PartitionTable& table) { return append_to(table, id, acks); }));
  }
  bool exists(const std::string& path) { return run(files().exists(path)).value_or(false); }

  static Bytes batch() {
    record::BatchBuilder builder{record::BatchOptions{}};
    builder.append({.timestamp = 1'800'000'000'000, .key = {}, .value = as_bytes("value"), .headers = {}});
    return builder.finish();
  }

  TopicRules rules_;
  PartitionRouter router_;
  metadata::SharedImage image_;
  bool is_open_ = false;

 private:
  static runtime::Task<void> expect(PartitionTable& table, storage::FoundPartition found) {
    table.expect(std::move(found));
    co_return;
  }
  static runtime::Task<std::expected<int64_t, Errc>> append_to(PartitionTable& table, PartitionId id, int16_t acks) {
    const auto partition = table.find(id);
    if (partition == nullptr) {
      co_return std::unexpected(Errc::UnknownTopicOrPartition);
    }
    const auto appended = co_await partition->append(Blob(batch()), {.acks = acks});
    if (!appended) {
      co_return std::unexpected(appended.error().error.code);
    }
    const Result<> committed =
        co_await partition->committed(appended->last + 1, runtime::Shard::current().in(std::chrono::seconds(5)));
    if (!committed) {
      co_return std::unexpected(committed.error().code);
    }
    co_return appended->first.raw();
  }
};

}  // namespace odradek::replication
