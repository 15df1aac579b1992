// What everybody in a life shares: the world, what is known so far, and whether the broker may be talked to.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "protocol/error_code.h"
#include "runtime/sim/sim_runtime.h"
#include "runtime/wait.h"
#include "sim/history.h"
#include "sim/swarm.h"
#include "sim/topics.h"

namespace odradek::sim {

inline constexpr uint16_t broker_port = 9092;

// What to do about an error code in an answer.
enum class Reaction : uint8_t { Accept, Retry, GiveUp, Wrong };

class Stage {
 public:
  Stage(runtime::SimRuntime& simulated, Swarm chosen) : world(simulated), swarm(std::move(chosen)) {}

  // A client's stay on the stage. The stage is cleared only when all have left.
  class Visit {
   public:
    explicit Visit(Stage& stage) : stage_(stage) { ++stage_.visitors_; }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    ~Visit() {
      --stage_.visitors_;
      stage_.changed_.notify_all();
    }

   private:
    Stage& stage_;
  };

  // Waits until the broker may be talked to; false when the life is over.
  [[nodiscard]] runtime::Task<bool> opened();
  void open() { set(true); }
  void close() { set(false); }
  [[nodiscard]] bool is_open() const { return is_open_ && !is_over_; }
  [[nodiscard]] runtime::Task<void> cleared();
  void end() {
    is_over_ = true;
    changed_.notify_all();
  }
  [[nodiscard]] bool is_over() const { return is_over_; }

  // What is not right; the first counts. Ends the life.
  void fail(std::string what);
  [[nodiscard]] const std::optional<std::string>& wrong() const { return wrong_; }

  [[nodiscard]] Reaction react(protocol::ErrorCode error, const Topic& topic) const;

  // What is told of the topic now was not to be told before it was on the disk, if `changes` is what flush_changes was
  // when the question was asked.
  [[nodiscard]] Telling told(const Topic& topic, uint64_t changes) const {
    return {.at = world.now(), .on_disk = topic.flushes && topic.flush_changes == changes};
  }
  // The same for what is read: it was written at any time before.
  [[nodiscard]] Telling shown(const Topic& topic) const { return {.at = world.now(), .on_disk = topic.always_flushed}; }

  // What the clocks of clients say: nobody sets those.
  [[nodiscard]] runtime::WallMs wall_now() const { return world.wall_now() - clock_error_ms; }

  runtime::SimRuntime& world;
  const Swarm swarm;
  History history;
  Topics topics;
  std::set<ProducerId> producer_ids;  // that were given out
  bool disk_fails = false;            // in this reign; then answers may say so
  int64_t clock_error_ms = 0;         // by how much the broker's wall clock is fast
  bool clock_was_back = false;        // in this reign, by an hour or more; then timestamps may seem to be of the future

 private:
  void set(bool is_open) {
    is_open_ = is_open;
    changed_.notify_all();
  }

  bool is_open_ = false;
  bool is_over_ = false;
  size_t visitors_ = 0;
  runtime::Signal changed_;
  std::optional<std::string> wrong_;
};

// A part of a life that talks to the broker whenever it may, until the life is over.
class Workload {
 public:
  virtual ~Workload() = default;
  [[nodiscard]] virtual runtime::Task<void> run() = 0;
};

}  // namespace odradek::sim
