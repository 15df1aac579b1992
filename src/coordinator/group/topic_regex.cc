#include "coordinator/group/topic_regex.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <re2/re2.h>

namespace odradek::coordinator {

namespace {

// For the program of one expression and what matching with it caches.
constexpr int64_t memory_max = 256 << 10;
constexpr size_t expression_bytes_max = 4096;
// Instructions. As many names as fit into an expression, each an alternative, take fewer.
constexpr int program_size_max = 5000;
// Of instructions looked at, where each is for each character of a name: a millisecond. Most expressions take far less.
constexpr size_t effort_per_look = 250'000;

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

RE2::Options options(RE2::Options::Encoding encoding) {
  RE2::Options result;
  result.set_max_mem(memory_max);
  result.set_log_errors(false);
  result.set_encoding(encoding);
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

// Topic names are ASCII, so that an expression in ASCII means the same to them character by character and byte by byte,
// and by bytes its program is a fraction as large. Where it does not parse that way, it names other characters.
std::unique_ptr<const RE2> parse(std::string_view expression) {
  if (std::ranges::all_of(expression, [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    auto parsed = std::make_unique<const RE2>(piece(expression), options(RE2::Options::EncodingLatin1));
    if (parsed->ok() || parsed->error_code() == RE2::ErrorPatternTooLarge) {
      return parsed;
    }
  }
  return std::make_unique<const RE2>(piece(expression), options(RE2::Options::EncodingUTF8));
}

// Kafka's RE2 knows both ways to name a group, C++'s only the longer one until 2023.
std::unique_ptr<const RE2> compile(std::string_view expression) {
  auto compiled = parse(expression);
  if (!compiled->ok() && expression.contains("(?<")) {
    auto renamed = parse(with_python_names(expression));
    if (renamed->ok()) {
      return renamed;
    }
  }
  return compiled;
}

// The same errors as check_topic_regex.
Result<std::unique_ptr<const RE2>> compile_bounded(std::string_view expression) {
  if (expression.size() > expression_bytes_max) {
    return fail(Errc::InvalidRequest, "the expression is longer than 4096 bytes");
  }
  std::unique_ptr<const RE2> compiled = compile(expression);
  if (!compiled->ok()) {
    return fail(Errc::InvalidRequest, compiled->error());
  }
  if (compiled->ProgramSize() > program_size_max) {
    return fail(Errc::InvalidRequest, "pattern too large: matching with it would take too long");
  }
  return compiled;
}

}  // namespace

Result<> check_topic_regex(std::string_view expression) {
  TRY(compile_bounded(expression));
  return {};
}

TopicSearch::TopicSearch(std::string_view expression, Topics topics) {
  if (auto compiled = compile_bounded(expression)) {
    topics_ = topics;
    expression_ = *std::move(compiled);
  }
}

TopicSearch::~TopicSearch() = default;

bool TopicSearch::look_on() {
  for (size_t effort = 0; next_ < topics_.size() && effort < effort_per_look; ++next_) {
    const std::string& name = topics_[next_]->name;
    effort += name.size() * static_cast<size_t>(expression_->ProgramSize());
    if (RE2::FullMatch(piece(name), *expression_)) {
      found_.push_back(name);
    }
  }
  return next_ == topics_.size();
}

}  // namespace odradek::coordinator
