#include "sim/life.h"

#include <fmt/format.h>

#include "sim/disk_check.h"
#include "sim/fetching.h"
#include "sim/group_member.h"
#include "sim/reader.h"

namespace odradek::sim {
namespace {

constexpr auto life_max = std::chrono::minutes(30);  // of virtual time
constexpr int32_t last_producer = 1'000;

}  // namespace

Life::Life(runtime::SimRuntime& world, uint32_t shards)
    : stage_(world, Swarm::choose(world.chance())),
      broker_(world, shards, stage_.swarm.broker_properties(broker_port)),
      nemesis_(stage_, broker_),
      admin_(stage_),
      group_(stage_, "group"),
      last_producer_(stage_, last_producer, true) {}

std::optional<std::string> Life::live() {
  cast();
  whole_.spawn(run());
  has_ended_ = stage_.world.run_until([this] { return whole_.running() == 0; }, life_max);
  if (!has_ended_) {
    stage_.fail(fmt::format("the life does not end: it is {}", doing_));
  }
  return stage_.wrong();
}

void Life::now_doing(std::string_view what) {
  doing_ = what;
  log_.info("life").with("is", what).with("step", stage_.world.steps());
}

void Life::cast() {
  int32_t number = 0;
  for (int32_t i = 0; i < stage_.swarm.plain_producers; ++i) {
    workloads_.push_back(std::make_unique<Producer>(stage_, number++, false));
  }
  for (int32_t i = 0; i < stage_.swarm.idempotent_producers; ++i) {
    workloads_.push_back(std::make_unique<Producer>(stage_, number++, true));
  }
  for (int32_t i = 0; i < stage_.swarm.readers; ++i) {
    workloads_.push_back(std::make_unique<Reader>(stage_));
  }
  const Swarm& swarm = stage_.swarm;
  for (int32_t i = 0; i < swarm.group_members; ++i) {
    workloads_.push_back(std::make_unique<GroupMember>(stage_, group_, i,
                                                       swarm.group_is_mixed || swarm.group_is_classic,
                                                       swarm.group_is_mixed || !swarm.group_is_classic));
  }
}

runtime::Task<void> Life::run() {
  runtime::TaskGroup playing;
  playing.spawn(admin_.run());
  for (const auto& workload : workloads_) {
    playing.spawn(workload->run());
  }
  for (uint32_t i = 0; i < stage_.swarm.reigns && !stage_.is_over(); ++i) {
    co_await reign();
  }
  if (!stage_.is_over()) {
    co_await last_reign();
  }
  stage_.end();
  now_doing("waiting for everybody to come to an end");
  broker_.kill();
  co_await playing.join();
}

runtime::Task<void> Life::reign() {
  nemesis_.begin_reign();
  now_doing("starting the broker");
  stage_.history.starts_again();
  const Result<> started = co_await broker_.start();
  if (!started && started.error().code != Errc::Cancelled && !stage_.disk_fails) {
    stage_.fail("the broker does not start: " + started.error().message);
  }
  nemesis_.end_of_start();
  runtime::TaskGroup faults;
  if (started) {
    now_doing("looking around after a start");
    co_await look_around();
    now_doing("in the middle of a reign");
    group_.begin_reign();
    stage_.open();
    faults.spawn(nemesis_.rage());
    if (stage_.swarm.sets_clock) {
      faults.spawn(nemesis_.turn_clock());
    }
    co_await broker_.killed(nemesis_.reign_ends());
  }
  bool is_clean = false;
  const bool was_struck = nemesis_.strike();
  if (!was_struck) {
    now_doing("stopping the broker");
    is_clean = co_await broker_.stop();
    if (!is_clean && !stage_.disk_fails) {
      stage_.fail("the broker does not stop cleanly");
    }
    if (is_clean && !stage_.is_over()) {
      nemesis_.calm();
      if (const auto wrong = check_disk(stage_)) {
        stage_.fail("after a clean stop: " + *wrong);
      }
    }
  }
  nemesis_.calm();
  nemesis_.aftermath(is_clean);
  stage_.close();
  now_doing("waiting for clients to leave");
  co_await faults.join();
  co_await stage_.cleared();
}

// No more faults: everything that was promised is there, and the broker does what it is for.
runtime::Task<void> Life::last_reign() {
  stage_.disk_fails = false;
  now_doing("starting the broker for the last time");
  stage_.history.starts_again();
  const Result<> started = co_await broker_.start();
  if (!started) {
    stage_.fail("the broker does not start: " + started.error().message);
    co_return;
  }
  now_doing("looking around after the last start");
  co_await look_around();
  group_.begin_reign();
  stage_.open();
  now_doing("writing everywhere");
  const Result<> written = co_await write_everywhere();
  if (!written && !stage_.is_over()) {
    stage_.fail("when all is calm: " + written.error().message);
  }
  co_await runtime::sleep_for(std::chrono::milliseconds(200));
  now_doing("waiting for the group to settle");
  co_await settle_group();
  stage_.close();
  now_doing("waiting for clients to leave at the end");
  co_await stage_.cleared();
  now_doing("looking around for the last time");
  co_await look_around();
  now_doing("stopping the broker for the last time");
  const bool is_clean = co_await broker_.stop();
  if (!is_clean) {
    stage_.fail("the broker does not stop cleanly");
  }
  if (const auto wrong = check_disk(stage_)) {
    stage_.fail("at the end: " + *wrong);
  }
}

runtime::Task<void> Life::settle_group() {
  group_.calm();
  constexpr auto patience = std::chrono::seconds(30);
  const auto until = stage_.world.now() + patience;
  while (stage_.swarm.group_members > 0 && !group_.is_settled() && !stage_.is_over()) {
    if (stage_.world.now() > until) {
      stage_.fail("the group does not settle:" + group_.describe());
    }
    co_await runtime::sleep_for(std::chrono::milliseconds(20));
  }
}

runtime::Task<void> Life::look_around() {
  Result<> looked = co_await look_at_all();
  if (!looked && broker_.is_running() && !stage_.is_over() && !stage_.disk_fails) {
    stage_.fail("looking around: " + looked.error().message);
  }
}

runtime::Async<> Life::look_at_all() {
  CO_TRY(const auto client, co_await Client::connect(broker_port));
  CO_TRY(co_await admin_.check_metadata(*client));
  if (stage_.topics.some(stage_.world.chance()) == nullptr) {
    CO_TRY(co_await create_first_topics());
  }
  const std::vector<TopicPtr> topics = stage_.topics.all();
  for (const TopicPtr& topic : topics) {
    for (int32_t partition = 0; topic->being == Being::There && partition < topic->partitions; ++partition) {
      CO_TRY(co_await read_through(*client, stage_, topic, partition));
      if (stage_.world.chance().one_in(3)) {
        const Result<> looked = co_await look_up_timestamps(*client, stage_, topic, partition);
        if (!looked && looked.error().code != Errc::Cancelled) {
          co_return looked;
        }
      }
    }
  }
  co_return Result<>{};
}

runtime::Async<> Life::create_first_topics() {
  CO_TRY(const auto client, co_await Client::connect(broker_port));
  for (int32_t i = 0; i < stage_.swarm.topics; ++i) {
    CO_TRY(co_await admin_.create_topic(*client));
  }
  co_return Result<>{};
}

runtime::Async<> Life::write_everywhere() {
  CO_TRY(const auto client, co_await Client::connect(broker_port));
  const std::vector<TopicPtr> topics = stage_.topics.all();
  for (const TopicPtr& topic : topics) {
    for (int32_t partition = 0; topic->being == Being::There && partition < topic->partitions; ++partition) {
      CO_TRY(co_await last_producer_.write_to(*client, topic, partition));
    }
  }
  co_return Result<>{};
}

}  // namespace odradek::sim
