// Runs with ODRADEK_TEST_SHARDS shards.
#include "machine/machine.h"

#include <deque>
#include <string>

#include "runtime/sim/sim_test.h"
#include "runtime/task_group.h"

namespace odradek::machine {
namespace {

using runtime::Async;
using runtime::Task;

// A log in memory that commits when told to, and fails when told to.
class FakeLog final : public CommitLog {
 public:
  [[nodiscard]] std::optional<LeaderEpoch> leading() const override { return epoch; }
  [[nodiscard]] Offset end_offset() const override { return Offset(static_cast<int64_t>(records.size())); }
  [[nodiscard]] Offset committed_offset() const override { return Offset(committed_count); }
  [[nodiscard]] size_t batch_bytes_max() const override { return 1000; }

  Async<> append(std::vector<LogRecord> added, LeaderEpoch with, Offset expected_end) override {
    if (epoch != with || expected_end != end_offset()) {
      co_return fail(Errc::NotController);
    }
    if (added.front().value->size() > batch_bytes_max()) {
      co_return fail(Errc::RecordListTooLarge);
    }
    for (LogRecord& record : added) {
      records.push_back(std::string(as_text(*record.value)));
    }
    co_return co_await committed(end_offset());
  }

  Async<> committed(Offset offset) override {
    const int failed = failures;
    runtime::Waiter waiter;
    waiter.subscribe(moved);
    while (committed_count < offset.raw()) {
      if (failures != failed) {
        co_return fail(Errc::Unknown);
      }
      co_await waiter.wait();
    }
    co_return Result<>{};
  }

  Async<> subscribe(CommitListener& listener) override {
    ++subscriptions;
    for (int64_t i = 0; i < committed_count; ++i) {
      const std::string& text = records[static_cast<size_t>(i)];
      CO_TRY(listener.on_commit({.base = Offset(i),
                                 .last = Offset(i),
                                 .epoch = LeaderEpoch(1),
                                 .timestamp = 0,
                                 .is_control = false,
                                 .records = {{.key = {}, .value = as_bytes(text)}}}));
    }
    co_return Result<>{};
  }
  void unsubscribe(CommitListener& /*listener*/) override {}
  Async<> write_snapshot(Offset /*end*/, std::vector<LogRecord> /*records*/) override { co_return Result<>{}; }

  void commit_all() {
    committed_count = static_cast<int64_t>(records.size());
    moved.notify_all();
  }
  void lose_uncommitted() {
    records.resize(static_cast<size_t>(committed_count));
    ++failures;
    moved.notify_all();
  }

  std::optional<LeaderEpoch> epoch = LeaderEpoch(1);
  std::deque<std::string> records;
  int64_t committed_count = 0;
  int failures = 0;
  int subscriptions = 0;
  runtime::Signal moved;
};

struct Words {
  std::vector<std::string> all;
  Result<> load(const LogSnapshot& /*snapshot*/) { return {}; }
  Result<> replay(Offset base, LeaderEpoch /*epoch*/, int64_t /*timestamp*/, std::span<const LogRecordView> records) {
    EXPECT_EQ(base.raw(), std::ssize(all));
    for (const LogRecordView& record : records) {
      all.emplace_back(as_text(*record.value));
    }
    return {};
  }
};

class MachineTest : public runtime::SimTest {
 protected:
  // Appends the word; the reply is how many words there were before.
  static Task<void> say(Machine<Words>& machine, std::string word, std::optional<Result<size_t>>& reply) {
    reply = co_await machine.execute([&word](const Words& state) {
      Decision<size_t> decision{.records = {}, .reply = state.all.size()};
      decision.records.push_back({.key = {}, .value = Bytes(word.begin(), word.end())});
      return decision;
    });
  }
  static Task<void> count(Machine<Words>& machine, std::optional<Result<size_t>>& reply) {
    reply = co_await machine.execute(
        [](const Words& state) { return Decision<size_t>{.records = {}, .reply = state.all.size()}; });
  }
  void settle() { sim.run_for(runtime::Duration(1'000'000)); }

  FakeLog log;
  Machine<Words> machine{log, [] { return std::make_unique<Words>(); }};
  runtime::TaskGroup tasks;
};

TEST_F(MachineTest, DecisionsSeeWhatIsAppendedAndRepliesWaitForTheCommit) {
  std::optional<Result<size_t>> first;
  std::optional<Result<size_t>> second;
  std::optional<Result<size_t>> read;
  tasks.spawn(say(machine, "a", first));
  tasks.spawn(say(machine, "b", second));
  tasks.spawn(count(machine, read));
  settle();
  EXPECT_EQ(log.records.size(), 2U);
  EXPECT_FALSE(first || second || read) << "nothing is committed yet, a read's answer neither";
  log.commit_all();
  run(tasks.join());
  EXPECT_EQ(**first, 0U);
  EXPECT_EQ(**second, 1U);
  EXPECT_EQ(**read, 2U);
}

TEST_F(MachineTest, AFailedAppendDropsTheStateAndTheNextDecisionReplays) {
  std::optional<Result<size_t>> kept;
  tasks.spawn(say(machine, "a", kept));
  settle();
  log.commit_all();
  run(tasks.join());
  std::optional<Result<size_t>> lost;
  std::optional<Result<size_t>> read;
  tasks.spawn(say(machine, "b", lost));
  tasks.spawn(count(machine, read));
  settle();
  log.lose_uncommitted();
  run(tasks.join());
  EXPECT_EQ(lost->error().code, Errc::Unknown);
  EXPECT_EQ(read->error().code, Errc::Unknown) << "what it saw never was";
  EXPECT_EQ(machine.state(), nullptr);
  std::optional<Result<size_t>> after;
  tasks.spawn(count(machine, after));
  run(tasks.join());
  EXPECT_EQ(**after, 1U);
  EXPECT_EQ(log.subscriptions, 2);
}

TEST_F(MachineTest, NothingIsDecidedOnWhatAFailedAppendWouldHaveMade) {
  std::optional<Result<size_t>> lost;
  tasks.spawn(say(machine, "a", lost));
  settle();
  log.lose_uncommitted();
  // Before whoever said "a" hears of it.
  std::optional<Result<size_t>> read;
  std::optional<Result<size_t>> next;
  tasks.spawn(count(machine, read));
  tasks.spawn(say(machine, "b", next));
  settle();
  log.commit_all();
  run(tasks.join());
  EXPECT_EQ(lost->error().code, Errc::Unknown);
  EXPECT_EQ(read->error().code, Errc::NotController);
  EXPECT_EQ(**next, 0U);
  EXPECT_EQ(log.records.size(), 1U);
}

TEST_F(MachineTest, AReplayWaitsForWhatIsOnItsWay) {
  std::optional<Result<size_t>> kept;
  std::optional<Result<size_t>> refused;
  std::optional<Result<size_t>> read;
  tasks.spawn(say(machine, "a", kept));
  tasks.spawn(say(machine, std::string(log.batch_bytes_max() + 1, 'x'), refused));
  settle();
  EXPECT_EQ(refused->error().code, Errc::RecordListTooLarge);
  tasks.spawn(count(machine, read));
  settle();
  log.commit_all();
  run(tasks.join());
  EXPECT_EQ(**kept, 0U);
  EXPECT_EQ(**read, 1U);
}

TEST_F(MachineTest, WhoDoesNotLeadDecidesNothing) {
  log.epoch.reset();
  std::optional<Result<size_t>> reply;
  tasks.spawn(say(machine, "a", reply));
  run(tasks.join());
  EXPECT_EQ(reply->error().code, Errc::NotController);
  EXPECT_TRUE(log.records.empty());
}

}  // namespace
}  // namespace odradek::machine
