// Bugs that a coordinator of groups might have, played between the broker and the members of a group: what the broker
// said is changed to what one with the bug would have said. The checkers must notice each of them.
#pragma once

namespace odradek::sim {

struct GroupLies {
  // A commit is answered before it is logged: whoever loses the connection meanwhile was told that all is well.
  bool answers_commits_early = false;
  // Offsets are not there after a start of the broker, until they are committed again.
  bool forgets_offsets_on_load = false;
  // A new owner is given a partition without waiting for the old one, in the same epoch or the next.
  bool gives_twice = false;
  // The last partition of an assignment is not told to anybody.
  bool loses_assignments = false;
  // Commits are taken from members that are none any more.
  bool takes_commits_of_the_fenced = false;
  // The epoch of a member that has been told it goes back.
  bool turns_epochs_back = false;
  // The offsets of a topic are there for the next topic of that name.
  bool keeps_offsets_of_deleted_topics = false;
};

}  // namespace odradek::sim
