// One partition of `__consumer_offsets` that this node leads: its state, its classic groups, its deadlines.
//
// What the log holds is a GroupState, run by a Machine: decisions append their records and are answered when those
// are committed. What nobody needs after a restart (who waits for a rebalance, when a session ends) is soft: it lives
// beside the state, changes at once, and goes when the state goes. The protocols are in files of their own and work on
// this; it knows of groups only that they exist and want to be looked at in time.
//
// Belongs to the partition's shard.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "coordinator/group/classic_group.h"
#include "coordinator/group/consumer_sessions.h"
#include "coordinator/group/deadline_queue.h"
#include "coordinator/group/group.h"
#include "coordinator/group/group_options.h"
#include "coordinator/group/group_state.h"
#include "coordinator/group/text_map.h"
#include "machine/machine.h"
#include "metadata/image_feed.h"
#include "observe/log.h"
#include "protocol/error_code.h"
#include "replication/partition_commit_log.h"
#include "runtime/shard.h"
#include "runtime/task_group.h"
#include "runtime/wait.h"

namespace odradek::coordinator {

// What all group partitions of a shard work with.
struct GroupEnvironment {
  const metadata::ImageFeed& images;            // the shard's
  std::shared_ptr<const GroupOptions> options;  // replaced when the configuration changes
  int64_t topics_changed_at = 0;                // position of the image that last changed topics, partitions or racks
};

class GroupPartition {
 public:
  // Called for a group whose deadline has passed, once the state is loaded.
  using OnTime = std::function<void(const std::string& group)>;

  GroupPartition(std::shared_ptr<replication::Partition> partition, replication::PartitionCommitLogOptions log,
                 const GroupEnvironment& environment);
  ~GroupPartition();

  void look_after_groups(OnTime on_time) { on_time_ = std::move(on_time); }

  // Begins to load. Until that is done, availability() is CoordinatorLoadInProgress.
  void start();
  // No longer ours: answers everybody who waits with NotCoordinator, and returns when all calls have ended.
  [[nodiscard]] runtime::Task<void> stop();

  // Returns when decisions can be taken; false if that will not be again.
  [[nodiscard]] runtime::Task<bool> available();
  // None when decisions can be taken now.
  [[nodiscard]] protocol::ErrorCode availability() const;
  [[nodiscard]] LeaderEpoch leader_epoch() const { return epoch_; }

  // --- only while available ---------------------------------------------------------------------------------
  [[nodiscard]] const GroupState& state() const { return *machine_.state(); }
  // Of either kind; null when there is none. A group that holds offsets alone, and was never written, is none.
  [[nodiscard]] const Group* find(std::string_view id) const;
  // Soft: what is changed here is written by decisions that name it. Null when there is none.
  [[nodiscard]] ClassicGroup* classic(std::string_view id);
  [[nodiscard]] const FlatTextMap<std::unique_ptr<ClassicGroup>>& classic_groups() const { return classic_; }
  ClassicGroup& make_classic(std::string_view id);
  void adopt_classic(std::unique_ptr<ClassicGroup> group);
  // After its tombstone was decided, or when it turned out that nothing was written.
  void drop_classic(std::string_view id);

  // Soft: of the groups of the consumer protocol.
  [[nodiscard]] ConsumerSessions& consumer_sessions() { return sessions_; }
  // What this group acts on. Not null.
  [[nodiscard]] std::shared_ptr<const ConsumerOptions> consumer_options(std::string_view group) const;
  // Position of the image that last changed what groups can be assigned.
  [[nodiscard]] int64_t topics_changed_at() const { return environment_.topics_changed_at; }

  // Who matches a group's expressions, which may take long, does so in turns.
  [[nodiscard]] std::shared_ptr<runtime::Turnstile> matching_turns(std::string_view group);

  // The group is looked at by OnTime at `due`, or before.
  void arm(std::string_view group, runtime::MonotonicTime due);

  // Machine::execute, with what coordinators need around it: nothing is decided while not available, and when an
  // append fails, everything soft goes with the state, and the partition loads again.
  // `decide` maps a const GroupState& to a machine::Decision<Reply>, or a Result of one.
  // Errors: NotCoordinator, CoordinatorLoadInProgress, CoordinatorNotAvailable, RecordListTooLarge (nothing was
  // appended, the state is as before), and what decide answers.
  template <typename Decide>
  [[nodiscard]] auto execute(Decide decide) -> runtime::Async<
      typename machine::detail::DecisionOf<std::invoke_result_t<Decide, const GroupState&>>::ReplyType> {
    using Decided = std::invoke_result_t<Decide, const GroupState&>;
    using Reply = typename machine::detail::DecisionOf<Decided>::ReplyType;
    CO_TRY(check_available());
    CO_TRY(const auto pass, gate_.enter());
    const uint64_t life = life_;
    bool is_refused = false;  // by `decide`
    Result<Reply> reply = co_await machine_.execute([&](const GroupState& state) -> Result<machine::Decision<Reply>> {
      Result<machine::Decision<Reply>> decision = decide(state);
      const Result<> fitting = decision ? check_size(decision->records) : Result<>{};
      if (!fitting) {
        decision = std::unexpected(fitting.error());
      }
      is_refused = !decision;
      return decision;
    });
    if (!reply && !is_refused) {
      co_return std::unexpected(failed(std::move(reply).error(), life));
    }
    co_return reply;
  }

  // Whether one decision may append these.
  [[nodiscard]] bool fits(const std::vector<machine::LogRecord>& records) const;

  // Returns when everything decided so far is committed: the end of every answer.
  [[nodiscard]] runtime::Async<> settled();
  // Whether that would not have to wait.
  [[nodiscard]] bool is_settled() const {
    return availability() == protocol::ErrorCode::None && machine_.is_current() &&
           log_.committed_offset() >= log_.end_offset();
  }
  // Appends records that need not be together, as many as fit one batch, before anybody else runs. True if those were
  // all; otherwise look again for what is left, which others may have changed meanwhile.
  [[nodiscard]] runtime::Async<bool> append_some(std::vector<machine::LogRecord> records);

  // Runs something nobody waits for; it must end soon after stop().
  void spawn(runtime::Task<void> task) { tasks_.spawn(std::move(task)); }

  [[nodiscard]] const GroupOptions& options() const { return *environment_.options; }
  [[nodiscard]] const metadata::MetadataImage& image() const { return *environment_.images.current(); }
  [[nodiscard]] const metadata::SharedImage& shared_image() const { return environment_.images.current(); }
  [[nodiscard]] const replication::Partition& partition() const { return *partition_; }

 private:
  [[nodiscard]] Result<> check_available() const;
  [[nodiscard]] Result<> check_size(const std::vector<machine::LogRecord>& records) const;
  // After a decision's append failed: what the caller is told.
  [[nodiscard]] Error failed(Error error, uint64_t life);
  void drop_soft();
  [[nodiscard]] runtime::Task<void> load();
  [[nodiscard]] Result<> revive();
  [[nodiscard]] runtime::Task<void> watch_deadlines();

  std::shared_ptr<replication::Partition> partition_;
  const GroupEnvironment& environment_;
  OnTime on_time_;
  LeaderEpoch epoch_;
  replication::PartitionCommitLog log_;
  machine::Machine<GroupState> machine_;
  FlatTextMap<std::unique_ptr<ClassicGroup>> classic_;
  ConsumerSessions sessions_;
  std::map<std::string, std::weak_ptr<runtime::Turnstile>, std::less<>> matching_turns_;  // by group
  DeadlineQueue deadlines_;
  runtime::Signal armed_;
  bool is_loaded_ = false;
  bool is_loading_ = false;
  bool is_stopped_ = false;
  uint64_t life_ = 0;  // rises when the soft state goes
  runtime::Signal loaded_;
  runtime::Signal stopping_;
  runtime::Gate gate_;
  runtime::TaskGroup tasks_;
  observe::Logger logger_{"coordinator"};
};

}  // namespace odradek::coordinator
