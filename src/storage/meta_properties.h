// `meta.properties`: whose log directory this is.
//
// A Java properties file. Version 1: version, cluster.id, node.id, directory.id; version 0 (or none) has broker.id in
// place of node.id and knows no directory.id.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/ids.h"

namespace odradek::storage {

struct MetaProperties {
  int32_t version = 1;
  std::optional<std::string> cluster_id;
  std::optional<NodeId> node_id;
  std::optional<DirectoryId> directory_id;  // absent: to be generated and stored

  // InvalidConfig with what is wrong: nothing in it (a version 0 without any id), an unknown version, a number or uuid
  // that is none, a reserved directory id.
  [[nodiscard]] static Result<MetaProperties> parse(std::string_view text);
  // In version 1, whatever it was read from.
  [[nodiscard]] std::string text() const;

  friend bool operator==(const MetaProperties&, const MetaProperties&) = default;
};

}  // namespace odradek::storage
