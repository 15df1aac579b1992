// What every generated message header needs: the types of fields.
//
//   string  Text                 bytes, records  Blob            uuid    Uuid
//   array   std::vector<T>       nullable        std::optional<T>        numbers  int8_t ... double, bool
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/uuid.h"
#include "protocol/api_keys.h"
#include "protocol/text.h"
#include "protocol/unknown_tags.h"

namespace odradek::protocol {

class Reader;
class Writer;

}  // namespace odradek::protocol
