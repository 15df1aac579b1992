// What AlterConfigs and IncrementalAlterConfigs have in common: some resources are settled by the broker, the others
// go to the controller, and the answers stand in the order of the request.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/forward.h"

namespace odradek::api::detail {

using ResourceName = std::pair<int8_t, std::string_view>;

template <typename Resource>
ResourceName name_of(const Resource& resource) {
  return {resource.resource_type, resource.resource_name.view()};
}

// What the broker has to say about a resource: nothing (the controller decides), that it is done, or why not.
using Verdict = std::optional<Result<>>;

// Options named twice, and options without a value. `needs_value` says of one whether it must have one.
template <typename Resource, typename NeedsValue>
Result<> check_form(const Resource& resource, const NeedsValue& needs_value) {
  std::set<std::string_view> names;
  std::vector<std::string_view> without_value;
  for (const auto& config : resource.configs) {
    if (!names.insert(config.name.view()).second) {
      return fail(Errc::InvalidRequest, "Error due to duplicate config keys");
    }
    if (!config.value && needs_value(config)) {
      without_value.push_back(config.name.view());
    }
  }
  if (!without_value.empty()) {
    return fail(Errc::InvalidRequest, fmt::format("Null value not supported for : {}", fmt::join(without_value, ", ")));
  }
  return {};
}

template <typename Request>
std::vector<Verdict> check_repeated(const Request& request) {
  std::map<ResourceName, int> times;
  for (const auto& resource : request.resources) {
    ++times[name_of(resource)];
  }
  std::vector<Verdict> verdicts;
  for (const auto& resource : request.resources) {
    Verdict verdict;
    if (times[name_of(resource)] > 1) {
      verdict = fail(Errc::InvalidRequest, "Each resource must appear at most once.");
    }
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

template <typename Answer, typename Resource>
Answer answer_of(const Resource& resource, const Result<>& verdict) {
  Answer answer;
  answer.resource_type = resource.resource_type;
  answer.resource_name = resource.resource_name;
  answer.error_message.reset();
  if (!verdict) {
    answer.error_code = wire_number(verdict.error().code);
    answer.error_message = message_of(verdict.error());
  }
  return answer;
}

// `verdicts` has one for each resource of the request.
template <typename Response, typename Request>
runtime::Task<Response> alter_resources(RequestContext& context, Request request, std::vector<Verdict> verdicts) {
  using Answer = typename Response::AlterConfigsResourceResponse;
  Request forwarded;
  forwarded.validate_only = request.validate_only;
  for (size_t i = 0; i < verdicts.size(); ++i) {
    if (!verdicts[i]) {
      forwarded.resources.push_back(request.resources[i]);
    }
  }
  std::map<ResourceName, Answer> decided;
  Result<Response> reply;
  if (!forwarded.resources.empty()) {
    reply = co_await context.services->controller.call(call_context(context), forwarded);
    if (reply) {
      for (const Answer& answer : reply->responses) {
        decided.emplace(name_of(answer), answer);
      }
    }
  }
  Response response;
  for (size_t i = 0; i < verdicts.size(); ++i) {
    const auto& resource = request.resources[i];
    const auto found = decided.find(name_of(resource));
    if (verdicts[i]) {
      response.responses.push_back(answer_of<Answer>(resource, *verdicts[i]));
    } else if (found != decided.end()) {
      response.responses.push_back(found->second);
    } else {
      const Error why = reply ? Error{.code = Errc::Unknown, .message = ""} : reply.error();
      response.responses.push_back(answer_of<Answer>(resource, fail(why.code, why.message)));
    }
  }
  co_return response;
}

}  // namespace odradek::api::detail
