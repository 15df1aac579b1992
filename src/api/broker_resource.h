// What is checked about a BROKER resource before its options are read or changed.
#pragma once

#include <cstdint>
#include <string_view>

#include "api/request_context.h"
#include "base/result.h"
#include "config/config_entry.h"

namespace odradek::api {

// Errc::InvalidRequest if the name of the resource is no number.
[[nodiscard]] Result<int32_t> parse_broker_id(std::string_view name);

// Errc::InvalidRequest if the name is not this broker's id.
[[nodiscard]] Result<> check_names_this_broker(const RequestContext& context, std::string_view name);

// What is set on the broker, or with an empty name as the default of all, in this shard's image.
[[nodiscard]] const config::Overrides& broker_overrides(const RequestContext& context, std::string_view name);

// Whether this broker can live with `after`. Errors as config::validate_broker.
[[nodiscard]] Result<> check_broker_overrides(const RequestContext& context, std::string_view name,
                                              const config::Overrides& after);

}  // namespace odradek::api
