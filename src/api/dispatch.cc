#include "api/dispatch.h"

#include <utility>

#include <fmt/format.h>

#include "api/api_versions.h"

namespace odradek::api {

runtime::Async<Reply> dispatch(const protocol::RequestHead& head, RequestContext context, protocol::Reader body) {
  const Api* api = find_served(head.api_key);
  if (api != nullptr && api->versions.contains(head.version)) {
    return api->handle(std::move(context), body);
  }
  if (api != nullptr && api->key == protocol::ApiKey::ApiVersions) {
    return refuse_api_versions(std::move(context));
  }
  return [](int16_t key, int16_t version) -> runtime::Async<Reply> {
    co_return fail(Errc::UnsupportedVersion, fmt::format("API {} version {} is not served", key, version));
  }(head.api_key, head.version);
}

}  // namespace odradek::api
