// Groups on a disk that fills up. Which of those who wait runs first is the simulator's choice, so each is tried often.
#include <gtest/gtest.h>

#include "api/api_fixture.h"
#include "api/find_coordinator.h"
#include "api/heartbeat.h"
#include "coordinator/group/offset_calls.h"
#include "protocol/error_code.h"
#include "runtime/task_group.h"

namespace odradek::api {

namespace {

using protocol::ErrorCode;
using protocol::Text;
using Partition = std::shared_ptr<coordinator::GroupPartition>;
using Done = coordinator::Answer<bool>;

constexpr uint64_t no_limit = ~0ULL;
constexpr int tries = 20;

class GroupFailuresTest : public ApiTest {
 protected:
  GroupFailuresTest() {
    cluster.rules["__consumer_offsets"] = {};
    protocol::FindCoordinatorRequest request;
    request.coordinator_keys = {Text("mine")};
    call(find_coordinator, 4, std::move(request));
    while (beat() != ErrorCode::UnknownMemberId) {  // it loads
      run([]() -> runtime::Task<void> { co_await runtime::sleep_for(std::chrono::milliseconds(1)); }());
    }
    create_topic("t");
  }

  ErrorCode beat() {
    protocol::HeartbeatRequest request;
    request.group_id = Text("mine");
    request.member_id = Text("nobody");
    return static_cast<ErrorCode>(call(heartbeat, 4, std::move(request)).error_code);
  }

  static protocol::OffsetCommitRequest commit_of(int64_t offset) {
    protocol::OffsetCommitRequest request;
    request.group_id = Text("mine");
    request.generation_id_or_member_epoch = -1;
    auto& topic = request.topics.emplace_back();
    topic.name = Text("t");
    topic.partitions.emplace_back().committed_offset = offset;
    return request;
  }

  // Whether it was taken.
  static runtime::Task<void> commit(Partition partition, int64_t offset, bool& is_taken) {
    const protocol::OffsetCommitRequest request = commit_of(offset);
    const coordinator::Caller caller{.client_id = "c", .client_host = "/h", .api_version = 8};
    is_taken = (co_await coordinator::commit_offsets(std::move(partition), request, caller)).has_value();
  }
  static runtime::Task<void> append(Partition partition, std::vector<machine::LogRecord> records, bool& is_taken) {
    is_taken = (co_await partition->append_some(std::move(records))).has_value();
  }
  static runtime::Task<void> settle(Partition partition) { static_cast<void>(co_await partition->settled()); }

  // Runs `work`(partition, &disk's capacity) at the coordinator again and again; in between the disk has room.
  template <typename Work>
  void try_often(Work work) {
    uint64_t& capacity = disk().faults().capacity_bytes;
    const auto place = coordinator::GroupRouter::place_of(*services().image(), "mine");
    for (int i = 0; i < tries; ++i) {
      const Done is_usable = run(services().groups.call(place, [&](Partition partition) -> runtime::Task<Done> {
        co_await work(partition, capacity);
        capacity = no_limit;
        co_await runtime::sleep_for(std::chrono::minutes(10));
        co_return partition->availability() == ErrorCode::None;
      }));
      ASSERT_TRUE(is_usable.has_value() && *is_usable) << "try " << i;
    }
  }
};

}  // namespace

TEST_F(GroupFailuresTest, WhoeverHearsOfAFailedAppendFirstTheGroupsComeBack) {
  try_often([](Partition partition, uint64_t& capacity) -> runtime::Task<void> {
    bool is_taken = false;
    co_await commit(partition, 7, is_taken);
    EXPECT_TRUE(is_taken);
    capacity = 1;
    runtime::TaskGroup tasks;
    tasks.spawn(commit(partition, 8, is_taken));
    tasks.spawn(settle(partition));
    co_await tasks.join();
    EXPECT_FALSE(is_taken);
  });
}

TEST_F(GroupFailuresTest, WhatIsWrittenBeforeAFailureStaysAndTheGroupsComeBack) {
  const auto large = [](int32_t first) {
    std::vector<machine::LogRecord> records;
    for (int32_t i = 0; i < 30; ++i) {
      protocol::OffsetCommitKey key;
      key.group = Text("mine");
      key.topic = Text("t");
      key.partition = first + i;
      protocol::OffsetCommitValue value;
      value.offset = 1;
      value.commit_timestamp = 1'800'000'000'000;
      value.metadata = Text::owned(std::string(20'000, 'x'));
      records.push_back(coordinator::record_of(std::move(key), std::move(value)));
    }
    return records;
  };
  try_often([this, large](Partition partition, uint64_t& capacity) -> runtime::Task<void> {
    capacity = disk().used_bytes() + 900'000;
    runtime::TaskGroup tasks;
    bool is_first_taken = false;
    bool is_second_taken = false;
    tasks.spawn(append(partition, large(100), is_first_taken));
    tasks.spawn(append(partition, large(200), is_second_taken));
    tasks.spawn(settle(partition));
    co_await tasks.join();
    EXPECT_TRUE(is_first_taken);
    EXPECT_FALSE(is_second_taken);
  });
}

TEST_F(GroupFailuresTest, NothingUncommittedLooksSettled) {
  try_often([](Partition partition, uint64_t& capacity) -> runtime::Task<void> {
    bool is_taken = false;
    co_await commit(partition, 7, is_taken);
    capacity = 1;
    bool is_done = false;
    int lies = 0;
    runtime::TaskGroup tasks;
    tasks.spawn([](Partition of, bool& done, int& count) -> runtime::Task<void> {
      while (!done) {
        const bool is_there = of->availability() == ErrorCode::None;
        const auto* offset = is_there ? of->state().offsets().find("mine", "t", 0) : nullptr;
        count += offset != nullptr && offset->offset == 8 && of->is_settled() ? 1 : 0;
        co_await runtime::yield();
      }
    }(partition, is_done, lies));
    co_await commit(partition, 8, is_taken);
    EXPECT_FALSE(is_taken);
    is_done = true;
    co_await tasks.join();
    EXPECT_EQ(lies, 0);
  });
}

}  // namespace odradek::api
