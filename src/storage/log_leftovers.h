// What a cleaner, or a deletion, left in a partition's directory when the process ended.
//
// `.deleted` and `.cleaned` files are removed. `.swap` files are whole: they take the places of the segments they were
// made from, as in Kafka; those beyond the first `.cleaned` one belong to a replacement that was not begun, and go. So
// do damaged ones whose originals are all there.
#pragma once

#include <string>
#include <vector>

#include "runtime/file.h"
#include "runtime/task.h"

namespace odradek::storage {

// `entries` are those of the directory; true if something was changed, so that they are to be read again. Can be cut
// off anywhere and begun again.
[[nodiscard]] runtime::Async<bool> settle_leftovers(std::string directory,
                                                    const std::vector<runtime::DirectoryEntry>* entries);

}  // namespace odradek::storage
