// Runs a state class on a CommitLog: decide, log, apply, reply.
//
// Decisions are taken one after the other. The state moves on as soon as a decision's records are appended, so the
// next is taken at once on top of it; each reply, a read's too, is released only when everything it has seen is
// committed. When an append fails, the state is thrown away with all that was not committed, and replayed from the
// log before the next decision: State needs no rollback.
//
// State has:
//   Result<> load(const LogSnapshot& snapshot);   // only as the first call
//   Result<> replay(Offset base, LeaderEpoch epoch, int64_t timestamp, std::span<const LogRecordView> records);
// A Machine belongs to one shard and outlives its calls.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include "machine/commit_log.h"
#include "machine/decision.h"
#include "runtime/shard.h"
#include "runtime/task.h"
#include "runtime/wait.h"

namespace odradek::machine {

namespace detail {

template <typename T>
struct DecisionOf;
template <typename Reply>
struct DecisionOf<Decision<Reply>> {
  using ReplyType = Reply;
};
template <typename Reply>
struct DecisionOf<Result<Decision<Reply>>> {
  using ReplyType = Reply;
};

[[nodiscard]] std::vector<LogRecordView> views(const std::vector<LogRecord>& records);

// Replays the committed part of a log into a fresh state.
template <typename State>
class Replayer final : public CommitListener {
 public:
  explicit Replayer(State& state) : state_(state) {}
  Result<> on_snapshot(const LogSnapshot& snapshot) override { return state_.load(snapshot); }
  Result<> on_commit(const CommittedBatch& batch) override {
    if (batch.is_control) {
      return {};
    }
    return state_.replay(batch.base, batch.epoch, batch.timestamp, batch.records);
  }

 private:
  State& state_;
};

}  // namespace detail

template <typename State>
class Machine {
 public:
  using Factory = std::function<std::unique_ptr<State>()>;

  Machine(CommitLog& log, Factory factory) : log_(log), factory_(std::move(factory)) {}

  // Replays the log, if that is still to be done. execute() does it too; calling it early finds trouble early.
  [[nodiscard]] runtime::Async<> start() {
    const auto turn = co_await replay_turn_.acquire();
    if (state_ != nullptr) {
      co_return Result<>{};
    }
    // What is on its way belongs to the state, too. Without a state nothing is appended behind it.
    const Offset end = log_.end_offset();
    CO_TRY(co_await log_.committed(end));
    auto fresh = factory_();
    detail::Replayer<State> replayer(*fresh);
    const Result<> replayed = co_await log_.subscribe(replayer);
    log_.unsubscribe(replayer);
    CO_TRY(replayed);
    state_ = std::move(fresh);
    end_ = end;
    co_return Result<>{};
  }

  // Null before the first start and between a failed append and the next replay. It may hold what is not committed.
  [[nodiscard]] const State* state() const { return state_.get(); }

  // It holds what the log does. Not so between a failed append and the moment its caller hears of it.
  [[nodiscard]] bool is_current() const { return state_ != nullptr && log_.end_offset() == end_; }

  // `decide` maps a const State& to a Decision<Reply>, or a Result of one, and is called at most once. Errors: what
  // decide answers, and CommitLog's: NotController, Unknown, Io, NoSpace, Cancelled.
  template <typename Decide>
  [[nodiscard]] runtime::Async<typename detail::DecisionOf<std::invoke_result_t<Decide, const State&>>::ReplyType>
  execute(Decide decide) {
    using Reply = typename detail::DecisionOf<std::invoke_result_t<Decide, const State&>>::ReplyType;
    if (state_ == nullptr) {
      CO_TRY(co_await start());
    }
    const std::optional<LeaderEpoch> epoch = log_.leading();
    if (!epoch) {
      co_return fail(Errc::NotController, "this node does not lead the log");
    }
    if (!is_current()) {
      // An append failed, and its caller has not run yet: what it would have made must not be decided on.
      drop_state();
      co_return fail(Errc::NotController, "an append before this one failed");
    }
    // From here to the append nothing awaits: what was decided on is what is appended to.
    Result<Decision<Reply>> decision = decide(std::as_const(*state_));
    if (!decision || decision->records.empty()) {
      const uint64_t life = life_;
      const Result<> committed = co_await log_.committed(log_.end_offset());
      if (!committed && life == life_) {
        drop_state();  // whose append failed may run only after this
      }
      CO_TRY(committed);
      if (!decision) {
        co_return std::unexpected(std::move(decision).error());
      }
      co_return std::move(decision->reply);
    }
    const Result<> logged = co_await append(std::move(decision->records), *epoch);
    CO_TRY(logged);
    co_return std::move(decision->reply);
  }

 private:
  runtime::Async<> append(std::vector<LogRecord> records, LeaderEpoch epoch) {
    const Offset base = log_.end_offset();
    const Result<> replayed = state_->replay(base, epoch, runtime::Shard::current().wall_now(), detail::views(records));
    ensure(replayed.has_value(), "a state refuses the records it decided on");
    end_ = base + std::ssize(records);
    const uint64_t life = life_;
    Result<> outcome = co_await log_.append(std::move(records), epoch, base);
    if (!outcome && life == life_) {
      drop_state();
    }
    co_return outcome;
  }

  void drop_state() {
    ++life_;
    state_.reset();
  }

  CommitLog& log_;
  Factory factory_;
  std::unique_ptr<State> state_;
  Offset end_{0};      // of the log that state_ has seen
  uint64_t life_ = 0;  // of state_: an old append's failure must not throw away a newer state
  runtime::Turnstile replay_turn_;
};

}  // namespace odradek::machine
