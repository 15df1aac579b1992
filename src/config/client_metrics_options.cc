// What a subscription to client metrics holds.
#include "config/detail/table.h"

namespace odradek::config::detail {

namespace {

// clang-format off
constexpr Option table[] = {
    // name, type, default, accepted values, importance, scope, effect, documentation
    {"interval.ms", Int, "300000", anything, Medium, Resource, Ignored, "Milliseconds between two pushes of client metrics."},
    {"match", List, "", elements, Medium, Resource, Ignored, "Which clients push, as name=regular expression pairs."},
    {"metrics", List, "", elements, Medium, Resource, Ignored, "Prefixes of the metric names to push; * is all of them."},
};
// clang-format on

}  // namespace

std::span<const Option> client_metrics_options() { return table; }

}  // namespace odradek::config::detail
