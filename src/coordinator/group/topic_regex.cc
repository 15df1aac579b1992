#include "coordinator/group/topic_regex.h"

#include <algorithm>
#include <memory>

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

// Every (?<name> outside of classes and escapes as (?P<name>.
std::string with_python_names(std::string_view expression) {
  std::string result;
  bool in_class = false;
  for (size_t i = 0; i < expression.size(); ++i) {
    const char c = expression[i];
    result.push_back(c);
    if (c == '\\' && i + 1 < expression.size()) {
      result.push_back(expression[++i]);
    } else if (c == '[' || c == ']') {
      in_class = c == '[';
    } else if (!in_class && expression.substr(i).starts_with("(?<")) {
      result += "?P";
      ++i;
    }
  }
  return result;
}

// Kafka's RE2 knows both ways to name a group, C++'s only the longer one until 2023.
std::unique_ptr<const RE2> compile(std::string_view expression) {
  auto compiled = std::make_unique<const RE2>(piece(expression), options());
  if (!compiled->ok() && expression.contains("(?<")) {
    auto renamed = std::make_unique<const RE2>(with_python_names(expression), options());
    if (renamed->ok()) {
      return renamed;
    }
  }
  return compiled;
}

}  // namespace

Result<> check_topic_regex(std::string_view expression) {
  if (expression.size() > expression_bytes_max) {
    return fail(Errc::InvalidRequest, "the expression is longer than 4096 bytes");
  }
  const std::unique_ptr<const RE2> compiled = compile(expression);
  if (!compiled->ok()) {
    return fail(Errc::InvalidRequest, compiled->error());
  }
  return {};
}

std::vector<std::string> matching_topics(std::string_view expression, const metadata::MetadataImage& image) {
  std::vector<std::string> result;
  const std::unique_ptr<const RE2> compiled = compile(expression);
  if (compiled->ok()) {
    image.for_each_topic([&](const metadata::TopicImage& topic) {
      if (RE2::FullMatch(piece(topic.name), *compiled)) {
        result.push_back(topic.name);
      }
    });
    std::ranges::sort(result);
  }
  return result;
}

}  // namespace odradek::coordinator
