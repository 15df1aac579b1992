#include "coordinator/group/topic_regex.h"

#include <algorithm>

#include <re2/re2.h>

namespace odradek::coordinator {

namespace {

// For the program of one expression and what matching with it caches.
constexpr int64_t memory_max = 1 << 20;
constexpr size_t expression_bytes_max = 4096;

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

RE2::Options options() {
  RE2::Options result;
  result.set_max_mem(memory_max);
  result.set_log_errors(false);
  return result;
}

}  // namespace

Result<> check_topic_regex(std::string_view expression) {
  if (expression.size() > expression_bytes_max) {
    return fail(Errc::InvalidRequest, "the expression is longer than 4096 bytes");
  }
  const RE2 compiled(piece(expression), options());
  if (!compiled.ok()) {
    return fail(Errc::InvalidRequest, compiled.error());
  }
  return {};
}

std::vector<std::string> matching_topics(std::string_view expression, const metadata::MetadataImage& image) {
  std::vector<std::string> result;
  const RE2 compiled(piece(expression), options());
  if (compiled.ok()) {
    image.for_each_topic([&](const metadata::TopicImage& topic) {
      if (RE2::FullMatch(piece(topic.name), compiled)) {
        result.push_back(topic.name);
      }
    });
    std::ranges::sort(result);
  }
  return result;
}

}  // namespace odradek::coordinator
