// What handlers of groups have in common.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/forward.h"
#include "api/request_context.h"
#include "api/services.h"
#include "config/broker_config.h"
#include "coordinator/group/group_router.h"

namespace odradek::api::detail {

// Names of groups and members are kept in records that hold no longer ones.
inline constexpr size_t stored_text_max = 32'767;

[[nodiscard]] inline bool is_group_id(std::string_view id) { return !id.empty() && id.size() <= stored_text_max; }

// Whether members of the consumer protocol (KIP-848) are taken.
[[nodiscard]] inline bool serves_consumers(const RequestContext& context) {
  const auto& served = context.services->config->get_list("group.coordinator.rebalance.protocols");
  return std::ranges::find(served, "consumer") != served.end();
}

// Leaves out whom the request has named before: a few bytes of it may be answered with very many. `id_of` takes an
// element to its group's id.
template <typename Element, typename IdOf = std::identity>
void name_each_once(std::vector<Element>& groups, IdOf id_of = {}) {
  std::set<std::string> seen;
  std::erase_if(groups, [&](const Element& group) { return !seen.insert(std::invoke(id_of, group).str()).second; });
}

// As Java prints an address without a host name, and Kafka's records hold it.
[[nodiscard]] inline std::string client_host(const RequestContext& context) {
  return "/" + context.connection->peer.host;
}

// GroupRouter::call with `work` where the group is kept.
template <typename Work>
[[nodiscard]] auto at_group(const RequestContext& context, std::string_view group, Work work) {
  metadata::SharedImage image = context.services->image();
  const std::optional<PartitionId> place = coordinator::GroupRouter::place_of(*image, group);
  if (place && context.affinity != nullptr) {
    context.affinity->worked_on(context.services->partitions.owner(*place), ShardAffinity::group_request);
  }
  return context.services->groups.call(place, std::move(work));
}

[[nodiscard]] inline coordinator::Caller caller(const RequestContext& context, std::string_view client_host) {
  return {.client_id = context.client_id, .client_host = client_host, .api_version = context.api_version};
}

}  // namespace odradek::api::detail
