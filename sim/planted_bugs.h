// Bugs that a broker might have, played behind the back of one that has not, by the simulated disk or clock, or by what
// members of a group are told: the checkers must notice each of them.
#pragma once

#include <array>
#include <string_view>

#include "runtime/sim/sim_disk.h"
#include "sim/group_lies.h"

namespace odradek::sim {

struct Lies {
  runtime::DiskLies& disk;
  GroupLies& group;
  bool& clock_stays_fast;
};

struct PlantedBug {
  std::string_view name;
  std::string_view what;
  void (*plant)(const Lies& lies);
};

inline constexpr std::array planted_bugs = {
    PlantedBug{.name = "ack-before-write",
               .what = "records are acknowledged while the last of them are in the process's own memory",
               .plant = [](const Lies& lies) { lies.disk.holds_back_writes_to = ".log"; }},
    PlantedBug{.name = "skipped-log-sync",
               .what = "segments are not synced",
               .plant = [](const Lies& lies) { lies.disk.skips_sync_of = ".log"; }},
    PlantedBug{.name = "skipped-directory-sync",
               .what = "directories are not synced",
               .plant = [](const Lies& lies) { lies.disk.skips_directory_syncs = true; }},
    PlantedBug{.name = "skipped-checkpoint-sync",
               .what = "small files are renamed into place before their contents are synced",
               .plant = [](const Lies& lies) { lies.disk.skips_sync_of = ".tmp"; }},
    PlantedBug{.name = "no-truncate",
               .what = "recovery leaves torn bytes at the end of a segment",
               .plant = [](const Lies& lies) { lies.disk.keeps_tail_of = ".log"; }},
    PlantedBug{.name = "index-ahead",
               .what = "the offset index is ahead of its log",
               .plant = [](const Lies& lies) { lies.disk.index_runs_ahead = true; }},
    PlantedBug{.name = "hasty-retention",
               .what = "retention does not wait for long enough when the clock was set",
               .plant = [](const Lies& lies) { lies.clock_stays_fast = true; }},
    PlantedBug{.name = "commit-before-log",
               .what = "commits are answered before they are logged",
               .plant = [](const Lies& lies) { lies.group.answers_commits_early = true; }},
    PlantedBug{.name = "offsets-not-loaded",
               .what = "committed offsets are forgotten when the broker starts",
               .plant = [](const Lies& lies) { lies.group.forgets_offsets_on_load = true; }},
    PlantedBug{.name = "partition-given-twice",
               .what = "a partition is given to a member while another reads it",
               .plant = [](const Lies& lies) { lies.group.gives_twice = true; }},
    PlantedBug{.name = "assignment-lost",
               .what = "a part of each assignment reaches nobody",
               .plant = [](const Lies& lies) { lies.group.loses_assignments = true; }},
    PlantedBug{.name = "fenced-commit-taken",
               .what = "members that were replaced can commit",
               .plant = [](const Lies& lies) { lies.group.takes_commits_of_the_fenced = true; }},
    PlantedBug{.name = "epoch-goes-back",
               .what = "members are told an epoch before theirs",
               .plant = [](const Lies& lies) { lies.group.turns_epochs_back = true; }},
    PlantedBug{.name = "offsets-outlive-topic",
               .what = "a new topic has the committed offsets of one of its name that was deleted",
               .plant = [](const Lies& lies) { lies.group.keeps_offsets_of_deleted_topics = true; }},
};

// Null if there is none of that name.
[[nodiscard]] constexpr const PlantedBug* find_planted_bug(std::string_view name) {
  for (const PlantedBug& bug : planted_bugs) {
    if (bug.name == name) {
      return &bug;
    }
  }
  return nullptr;
}

}  // namespace odradek::sim
