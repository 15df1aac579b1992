// One decision about a consumer group in the making: what it changes is logged and can be read at once.
//
// Pure. Works on a copy of the group from the first change on; without a change it costs nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/group/consumer_group.h"
#include "coordinator/group/consumer_options.h"
#include "coordinator/group/topic_regex.h"
#include "machine/commit_log.h"
#include "metadata/metadata_image.h"

namespace odradek::coordinator {

// What a decision looks at besides the group.
struct ConsumerContext {
  const metadata::MetadataImage& image;
  const ConsumerOptions& options;
  int64_t wall_ms = 0;
  bool topics_changed = false;            // since the group last looked: partitions, racks, or which topics there are
  bool regexes_are_old = false;           // group.consumer.regex.refresh.interval.ms has passed
  const TopicMatches* matches = nullptr;  // of expressions that are to be matched; null: of none

  // Whether expressions that were matched before may mean other topics now.
  [[nodiscard]] bool may_match_otherwise() const { return topics_changed || regexes_are_old; }
};

class ConsumerStep {
 public:
  // `known` is null for a group that begins now; all arguments outlive the step.
  ConsumerStep(const ConsumerGroup* known, std::string_view group_id, const ConsumerContext& context);

  [[nodiscard]] const ConsumerGroup& group() const { return copy_ ? *copy_ : *known_; }
  [[nodiscard]] const ConsumerContext& context() const { return context_; }
  // The group before the step; null: there was none.
  [[nodiscard]] const ConsumerGroup* known() const { return known_; }
  // Ends the step.
  [[nodiscard]] std::vector<machine::LogRecord> take_records() { return std::move(records_); }

  template <typename ChangeType>
  void log(const ChangeType& change) {
    records_.push_back(encode_change(change));
    writable().replay(change);
  }

  // Members. Nothing is logged that is so already.
  void put_metadata(const ConsumerMember& member);
  void put_current(const ConsumerMember& member);
  // For a group that begins with members: what they have is what they shall have, and `epoch` is everything's.
  void begin_with(std::vector<ConsumerMember> members, int32_t epoch);
  void remove_member(std::string_view member_id);
  // `member` takes the place and the target of the static member `old_id`.
  void replace_static(std::string_view old_id, const ConsumerMember& member);

  // Takes what the context knows of expressions that are new, or of all if they may mean other topics now; forgets
  // unused ones.
  void refresh_regexes();
  // Whether it knew nothing of one: that is still to be matched.
  [[nodiscard]] bool lacks_matches() const { return lacks_matches_; }
  // The next group epoch, if `must` or the topics are no longer what the group knows of them.
  void bump_epoch(bool must);
  // Computes everybody's target if there is a newer group epoch and the assignment interval has passed.
  void assign();
  // Logs how far the member gets, and returns it as it is then. `owned`: what it says it has.
  const ConsumerMember& reconcile_member(std::string_view member_id, const std::optional<Assignment>& owned);

 private:
  [[nodiscard]] ConsumerGroup& writable();
  [[nodiscard]] std::vector<TopicId> topic_ids_of(const ConsumerMember& member) const;
  [[nodiscard]] int64_t hash_topics() const;

  const ConsumerGroup* known_;
  std::optional<ConsumerGroup> copy_;
  const ConsumerContext& context_;
  std::vector<machine::LogRecord> records_;
  bool lacks_matches_ = false;
};

}  // namespace odradek::coordinator
