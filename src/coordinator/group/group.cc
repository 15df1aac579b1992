#include "coordinator/group/group.h"

#include "base/ensure.h"

namespace odradek::coordinator {

std::string_view name(GroupType type) {
  switch (type) {
    case GroupType::Classic: return "classic";
    case GroupType::Consumer: return "consumer";
  }
  unreachable();
}

}  // namespace odradek::coordinator
