// Regular expressions that consumers subscribe with, evaluated by the broker (KIP-848).
//
// RE2's language, as Kafka's; matching takes time linear in the names, and the memory of one expression is bounded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "metadata/metadata_image.h"

namespace odradek::coordinator {

// Errc::InvalidRequest, with what is wrong with it: the expression does not parse, or would take too much memory.
[[nodiscard]] Result<> check_topic_regex(std::string_view expression);

// The names of topics that match as a whole, ascending. None for an expression that check_topic_regex refuses: one
// that another broker has accepted.
[[nodiscard]] std::vector<std::string> matching_topics(std::string_view expression,
                                                       const metadata::MetadataImage& image);

}  // namespace odradek::coordinator
