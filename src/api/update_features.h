// UpdateFeatures (57): raises or lowers finalized feature levels.
#pragma once

#include "api/request_context.h"
#include "protocol/messages/update_features.h"
#include "runtime/task.h"

namespace odradek::api {

[[nodiscard]] runtime::Task<protocol::UpdateFeaturesResponse> update_features(RequestContext& context,
                                                                              protocol::UpdateFeaturesRequest request);

}  // namespace odradek::api
