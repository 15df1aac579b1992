// What Kafka has no option for. DescribeConfigs does not show them: its tools know Kafka's names.
#include "config/detail/table.h"

namespace odradek::config::detail {

namespace {

// clang-format off
constexpr Option table[] = {
    // name, type, default, accepted values, importance, scope, effect, documentation
    {"odradek.flush.interval.ms", Long, "1000", between(0, 3600000), Medium, Hidden, Acts, "Milliseconds after which records are on disk at the latest where nothing asks for it sooner: what a power cut can take. 0 leaves it to the operating system."},
    {"odradek.lost.log.dirs", List, "", anything, Medium, Hidden, Acts, "Directory ids, as in meta.properties, of log directories that are gone for good: partitions that lay there begin empty, where otherwise the start is refused."},
};
// clang-format on

}  // namespace

std::span<const Option> broker_own_options() { return table; }

}  // namespace odradek::config::detail
