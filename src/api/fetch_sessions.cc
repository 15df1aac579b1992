#include "api/fetch_sessions.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace odradek::api {

namespace {

constexpr int16_t first_version_by_topic_id = 13;
constexpr int32_t epoch_initial = 0;  // opens a session with a full fetch
constexpr int32_t epoch_final = -1;   // a full fetch without a session; closes the one it names
constexpr auto idle_max = std::chrono::minutes(2);

int32_t next_epoch(int32_t epoch) { return epoch == std::numeric_limits<int32_t>::max() ? 1 : epoch + 1; }

}  // namespace

size_t FetchSession::Hash::operator()(const Key& key) const noexcept {
  return std::hash<std::string_view>{}(key.topic) * 31 +
         std::hash<PartitionId>{}({.topic = key.topic_id, .index = key.index});
}

void FetchSession::take_over(const protocol::FetchRequest& request) {
  for (const auto& topic : request.topics) {
    for (const auto& partition : topic.partitions) {
      const Key key(topic.topic, TopicId(topic.topic_id), PartitionIndex{partition.partition});
      want(key, {.topic = {},
                 .topic_id = key.topic_id,
                 .index = key.index,
                 .from = Offset{partition.fetch_offset},
                 .bytes_max = partition.partition_max_bytes,
                 .current_leader_epoch = LeaderEpoch{partition.current_leader_epoch},
                 .last_fetched_epoch = LeaderEpoch{partition.last_fetched_epoch}});
    }
  }
}

void FetchSession::leave_out(const protocol::FetchRequest& request) {
  for (const auto& topic : request.forgotten_topics_data) {
    for (const int32_t index : topic.partitions) {
      forget(Key(topic.topic, TopicId(topic.topic_id), PartitionIndex{index}));
    }
  }
}

void FetchSession::want(const Key& key, FetchEntry entry) {
  const auto known = known_.find(key);
  if (known == known_.end()) {
    entry.topic = key.topic;
    known_.insert(entries_.insert(entries_.end(), std::move(entry)));
    return;
  }
  FetchEntry& kept = **known;
  kept.from = entry.from;
  kept.bytes_max = entry.bytes_max;
  kept.current_leader_epoch = entry.current_leader_epoch;
  kept.last_fetched_epoch = entry.last_fetched_epoch;
}

void FetchSession::forget(const Key& key) {
  const auto known = known_.find(key);
  if (known != known_.end()) {
    const Entries::iterator entry = *known;
    known_.erase(known);
    entries_.erase(entry);
  }
}

bool FetchSession::note(FetchEntry& entry, const FetchNews& news) {
  const bool moved = entry.answered_high_watermark != news.high_watermark || entry.answered_log_start != news.log_start;
  // After an error the next answer is news in any case: it says that the error is over.
  entry.answered_high_watermark = news.has_error ? Offset{-1} : news.high_watermark;
  entry.answered_log_start = news.log_start;
  return moved || news.records_size > 0 || news.has_error || news.is_diverging;
}

Result<FetchTurn> FetchSessions::begin(const protocol::FetchRequest& request, int16_t version,
                                       runtime::MonotonicTime now) {
  const bool by_topic_id = version >= first_version_by_topic_id;
  const auto found = sessions_.find(request.session_id);
  if (request.session_epoch == epoch_initial || request.session_epoch == epoch_final) {
    if (found != sessions_.end()) {
      remove(found);
    }
    FetchTurn turn{.session = std::make_shared<FetchSession>(by_topic_id),
                   .wants_session = request.session_epoch == epoch_initial,
                   .is_incremental = false,
                   .epoch = request.session_epoch};
    turn.session->take_over(request);
    return turn;
  }
  if (found == sessions_.end()) {
    return fail(Errc::FetchSessionIdNotFound);
  }
  const std::shared_ptr<FetchSession> session = found->second;
  if (session->epoch_ != request.session_epoch) {
    return fail(Errc::InvalidFetchSessionEpoch);
  }
  if (session->by_topic_id_ != by_topic_id) {
    return fail(Errc::FetchSessionTopicIdError);
  }
  session->take_over(request);
  session->leave_out(request);
  session->used_ = now;
  session->epoch_ = next_epoch(session->epoch_);
  count(*session);
  const bool is_over = session->size() == 0 || partitions_ > partitions_max_;
  if (is_over) {
    remove(found);
  }
  if (session->size() == 0) {
    session->take_over(request);  // without a session nothing is forgotten: what the request names is answered
  }
  return FetchTurn{
      .session = session, .wants_session = false, .is_incremental = !is_over, .epoch = request.session_epoch};
}

Result<int32_t> FetchSessions::end(const FetchTurn& turn, runtime::MonotonicTime now, runtime::Random& chance) {
  FetchSession& session = *turn.session;
  if (turn.is_incremental) {
    if (session.epoch_ != next_epoch(turn.epoch)) {
      return fail(Errc::InvalidFetchSessionEpoch);
    }
    return session.id_;
  }
  if (!turn.wants_session || !make_room(session.size(), now)) {
    return 0;
  }
  session.id_ = fresh_id(chance);
  session.epoch_ = next_epoch(epoch_initial);
  session.created_ = now;
  session.used_ = now;
  count(session);
  sessions_.emplace(session.id_, turn.session);
  return session.id_;
}

bool FetchSessions::make_room(size_t partitions, runtime::MonotonicTime now) {
  if (partitions_ + partitions > partitions_max_ || sessions_max_ == 0) {
    return false;
  }
  if (sessions_.size() < sessions_max_) {
    return true;
  }
  const auto longest_idle =
      std::ranges::min_element(sessions_, {}, [](const auto& session) { return session.second->used_; });
  if (now - longest_idle->second->used_ > idle_max) {
    remove(longest_idle);
    return true;
  }
  auto smallest = sessions_.end();
  for (auto session = sessions_.begin(); session != sessions_.end(); ++session) {
    if (now - session->second->created_ > idle_max &&
        (smallest == sessions_.end() || session->second->cached_size_ < smallest->second->cached_size_)) {
      smallest = session;
    }
  }
  if (smallest == sessions_.end() || smallest->second->cached_size_ >= partitions) {
    return false;
  }
  remove(smallest);
  return true;
}

void FetchSessions::remove(Sessions::iterator session) {
  partitions_ -= session->second->cached_size_;
  session->second->cached_size_ = 0;
  sessions_.erase(session);
}

void FetchSessions::count(FetchSession& session) {
  partitions_ += session.size() - session.cached_size_;
  session.cached_size_ = session.size();
}

int32_t FetchSessions::fresh_id(runtime::Random& chance) const {
  for (;;) {
    const auto id = static_cast<int32_t>(1 + chance.below(std::numeric_limits<int32_t>::max()));
    if (!sessions_.contains(id)) {
      return id;
    }
  }
}

}  // namespace odradek::api
