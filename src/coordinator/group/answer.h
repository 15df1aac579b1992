// What calls on groups answer, and the codes of what can go wrong on the way.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

#include "base/result.h"
#include "protocol/error_code.h"
#include "protocol/messages/join_group.h"
#include "protocol/wire_code.h"

namespace odradek::coordinator {

// An answer, or the code that stands for it.
template <typename T>
using Answer = std::expected<T, protocol::ErrorCode>;

// The code of an error of GroupPartition's. Who is stopping does not coordinate any more; a group that is too large for
// its log is nothing a member can act on.
[[nodiscard]] inline protocol::ErrorCode code_of(const Error& error) {
  if (error.code == Errc::Cancelled || error.code == Errc::NotController) {
    return protocol::ErrorCode::NotCoordinator;
  }
  return error.code == Errc::RecordListTooLarge ? protocol::ErrorCode::UnknownServerError
                                                : protocol::wire_code(error.code);
}

[[nodiscard]] inline protocol::JoinGroupResponse refused_join(protocol::ErrorCode error, std::string_view member_id) {
  protocol::JoinGroupResponse answer;
  answer.error_code = static_cast<int16_t>(error);
  answer.member_id = protocol::Text::owned(member_id);
  return answer;
}

}  // namespace odradek::coordinator
