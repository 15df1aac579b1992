// Bugs that a broker might have, played by the simulated disk behind the back of one that has not: the checkers must
// notice each of them.
#pragma once

#include <array>
#include <string_view>

#include "runtime/sim/sim_disk.h"

namespace odradek::sim {

struct PlantedBug {
  std::string_view name;
  std::string_view what;
  void (*plant)(runtime::DiskLies& lies);
};

inline constexpr std::array planted_bugs = {
    PlantedBug{.name = "ack-before-write",
               .what = "records are acknowledged while the last of them are in the process's own memory",
               .plant = [](runtime::DiskLies& lies) { lies.holds_back_writes_to = ".log"; }},
    PlantedBug{.name = "skipped-log-sync",
               .what = "segments are not synced",
               .plant = [](runtime::DiskLies& lies) { lies.skips_sync_of = ".log"; }},
    PlantedBug{.name = "skipped-directory-sync",
               .what = "directories are not synced",
               .plant = [](runtime::DiskLies& lies) { lies.skips_directory_syncs = true; }},
    PlantedBug{.name = "skipped-checkpoint-sync",
               .what = "small files are renamed into place before their contents are synced",
               .plant = [](runtime::DiskLies& lies) { lies.skips_sync_of = ".tmp"; }},
    PlantedBug{.name = "no-truncate",
               .what = "recovery leaves torn bytes at the end of a segment",
               .plant = [](runtime::DiskLies& lies) { lies.keeps_tail_of = ".log"; }},
    PlantedBug{.name = "index-ahead",
               .what = "the offset index is ahead of its log",
               .plant = [](runtime::DiskLies& lies) { lies.index_runs_ahead = true; }},
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
