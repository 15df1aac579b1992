// An answer may view more than its request's frame.
#pragma once

#include <memory>
#include <utility>

#include "api/request_context.h"

namespace odradek::api {

// Keeps `what` until the answer is encoded, so that the answer may view it.
template <typename T>
void keep_alive(RequestContext& context, std::shared_ptr<const T> what) {
  using Both = std::pair<std::shared_ptr<const void>, std::shared_ptr<const T>>;
  context.frame = std::make_shared<const Both>(std::move(context.frame), std::move(what));
}

}  // namespace odradek::api
