#include <algorithm>

#include "base/ensure.h"
#include "protocol/api_table.h"

namespace odradek::protocol {

const ApiInfo* find_api(int16_t key) {
  const auto apis = all_apis();
  const auto found =
      std::ranges::lower_bound(apis, key, {}, [](const ApiInfo& api) { return static_cast<int16_t>(api.key); });
  return found == apis.end() || static_cast<int16_t>(found->key) != key ? nullptr : &*found;
}

const ApiInfo& api_info(ApiKey key) {
  const ApiInfo* found = find_api(static_cast<int16_t>(key));
  ensure(found != nullptr, "an ApiKey without a row in the table");
  return *found;
}

}  // namespace odradek::protocol
