#include "coordinator/group/deadline_queue.h"

namespace odradek::coordinator {

using runtime::MonotonicTime;

bool DeadlineQueue::arm(std::string_view group, MonotonicTime due) {
  auto found = armed_.find(group);
  if (found == armed_.end()) {
    found = armed_.emplace(std::string(group), due).first;
  } else if (found->second <= due) {
    return false;
  } else {
    order_.erase({found->second, found->first});
    found->second = due;
  }
  const auto place = order_.emplace(due, found->first).first;
  return place == order_.begin();
}

void DeadlineQueue::forget(std::string_view group) {
  const auto found = armed_.find(group);
  if (found != armed_.end()) {
    order_.erase({found->second, found->first});
    armed_.erase(found);
  }
}

std::optional<MonotonicTime> DeadlineQueue::next() const {
  return order_.empty() ? std::nullopt : std::optional(order_.begin()->first);
}

std::vector<std::string> DeadlineQueue::take_due(MonotonicTime now) {
  std::vector<std::string> due;
  while (!order_.empty() && order_.begin()->first <= now) {
    due.emplace_back(order_.begin()->second);
    forget(due.back());
  }
  return due;
}

}  // namespace odradek::coordinator
