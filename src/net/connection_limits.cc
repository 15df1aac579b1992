#include "net/connection_limits.h"

#include <algorithm>
#include <utility>

namespace odradek::net {
namespace {

// What lay unused of the rate may be made up for this long afterwards.
constexpr runtime::Duration rate_memory = std::chrono::seconds(1);

int32_t count_of(const std::map<std::string, int32_t, std::less<>>& counts, std::string_view name, int32_t absent) {
  const auto found = counts.find(name);
  return found == counts.end() ? absent : found->second;
}

// An IPv4 client of a socket that takes both is that address.
std::string_view plain(std::string_view address) {
  constexpr std::string_view mapped = "::ffff:";
  return address.starts_with(mapped) && address.contains('.') ? address.substr(mapped.size()) : address;
}

void forget(std::map<std::string, int32_t, std::less<>>& counts, const std::string& name) {
  const auto found = counts.find(name);
  if (found != counts.end() && --found->second == 0) {
    counts.erase(found);
  }
}

}  // namespace

void ConnectionLimits::set(ConnectionLimitOptions options) {
  options_ = std::move(options);
  changed_.notify_all();
}

bool ConnectionLimits::is_full(std::string_view listener) const {
  if (count_of(of_listeners_, listener, 0) >=
      count_of(options_.listener_max, listener, ConnectionLimitOptions::unlimited)) {
    return true;
  }
  return listener != options_.protected_listener && total_ >= options_.total_max;
}

int32_t ConnectionLimits::address_max(std::string_view address) const {
  return count_of(options_.address_overrides, address, options_.address_max);
}

runtime::Deadline ConnectionLimits::room_at(std::string_view listener) const {
  return is_full(listener) ? runtime::never : next_due_;
}

ConnectionSlot ConnectionLimits::admit(std::string_view listener, std::string_view address) {
  std::string from(plain(address));
  int32_t& count = from_addresses_[from];
  if (count >= address_max(from)) {
    if (count == 0) {
      from_addresses_.erase(from);
    }
    return nullptr;
  }
  ++count;
  ++total_;
  ++of_listeners_[std::string(listener)];
  if (options_.per_second_max != ConnectionLimitOptions::unlimited) {
    next_due_ = std::max(next_due_, home_.now() - rate_memory) +
                runtime::Duration(std::chrono::seconds(1)) / std::max(options_.per_second_max, 1);
  }
  const auto let_go = [limits = shared_from_this(), listener = std::string(listener), from](const void*) {
    // The last hand on it may be any shard's.
    limits->home_.post([limits, listener, from] { limits->release(listener, from); });
  };
  return {this, let_go};
}

void ConnectionLimits::release(const std::string& listener, const std::string& address) {
  --total_;
  forget(of_listeners_, listener);
  forget(from_addresses_, address);
  changed_.notify_all();
}

}  // namespace odradek::net
