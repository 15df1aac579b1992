#include "runtime/task_group.h"

#include <utility>

namespace odradek::runtime {

struct TaskGroup::Runner {
  static detail::Detached run(TaskGroup& group, Task<void> task) {
    {
      Task<void> running = std::move(task);
      co_await std::move(running);
    }
    --group.running_;
    if (group.running_ == 0) {
      group.ended_.notify_all();  // resumes nobody here: the group may go as soon as this coroutine is done
    }
  }
};

TaskGroup::~TaskGroup() { ensure(running_ == 0, "a task group is joined before it is destroyed"); }

void TaskGroup::spawn(Task<void> task) {
  ++running_;
  Runner::run(*this, std::move(task));
}

Task<void> TaskGroup::join() {
  Waiter waiter;
  waiter.subscribe(ended_);
  while (running_ > 0) {
    static_cast<void>(co_await waiter.wait());
  }
}

Result<Gate::Pass> Gate::enter() {
  if (closed_) {
    return fail(Errc::Cancelled, "closed");
  }
  ++inside_;
  return Pass(this);
}

Task<void> Gate::close() {
  if (!closed_) {
    closed_ = true;
    closing_.notify_all();
  }
  Waiter waiter;
  waiter.subscribe(emptied_);
  while (inside_ > 0) {
    static_cast<void>(co_await waiter.wait());
  }
}

void Gate::leave() {
  --inside_;
  if (inside_ == 0) {
    emptied_.notify_all();
  }
}

}  // namespace odradek::runtime
