// Regular expressions that consumers subscribe with, evaluated by the broker (KIP-848).
//
// RE2's language, as Kafka's. What one costs is bounded: its memory, the size of its program, and so the time for one
// name, a few milliseconds at worst; whoever looks at all topics lets others run between.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "metadata/metadata_image.h"

namespace re2 {
class RE2;
}

namespace odradek::coordinator {

// Errc::InvalidRequest, with what is wrong with it: the expression does not parse, or would take too much memory or
// time.
[[nodiscard]] Result<> check_topic_regex(std::string_view expression);

// What expressions match among the topics of one image.
struct TopicMatches {
  std::map<std::string, std::vector<std::string>, std::less<>> topics;  // names, ascending, by expression
  int64_t position = -1;                                                // of the image

  // Null: nobody has looked for those of this expression.
  [[nodiscard]] const std::vector<std::string>* find(std::string_view expression) const {
    const auto found = topics.find(expression);
    return found == topics.end() ? nullptr : &found->second;
  }
};

// Looks for the topics that an expression matches as a whole. There are none for an expression that check_topic_regex
// refuses: one that another broker has accepted.
class TopicSearch {
 public:
  using Topics = std::span<const metadata::TopicImage* const>;

  // Among these, which ascend by name and outlive it.
  TopicSearch(std::string_view expression, Topics topics);
  TopicSearch(const TopicSearch&) = delete;
  TopicSearch& operator=(const TopicSearch&) = delete;
  ~TopicSearch();

  // Looks at as many topics as take about a millisecond, at least one; true when it has looked at all.
  [[nodiscard]] bool look_on();
  // Ascending.
  [[nodiscard]] std::vector<std::string> take_names() { return std::move(found_); }

 private:
  Topics topics_;
  size_t next_ = 0;
  std::unique_ptr<const re2::RE2> expression_;  // null: it matches nothing, and topics_ is empty
  std::vector<std::string> found_;
};

}  // namespace odradek::coordinator
