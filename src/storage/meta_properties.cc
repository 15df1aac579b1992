#include "storage/meta_properties.h"

#include <fmt/format.h>

#include "storage/detail/checkpoint_text.h"

namespace odradek::storage {

namespace {

constexpr uint64_t reserved_directory_ids = 100;

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\f");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t\r\f") - first + 1);
}

Result<NodeId> parse_node_id(std::string_view key, std::string_view value) {
  const auto number = detail::parse_number<int32_t>(value);
  if (!number || *number < 0) {
    return fail(Errc::InvalidConfig, fmt::format("{}={} in meta.properties is no node id", key, value));
  }
  return NodeId{*number};
}

Result<DirectoryId> parse_directory_id(std::string_view value) {
  const auto uuid = Uuid::parse(value);
  if (!uuid || (uuid->most() == 0 && uuid->least() < reserved_directory_ids)) {
    return fail(Errc::InvalidConfig, fmt::format("directory.id={} in meta.properties is not a directory's id", value));
  }
  return DirectoryId{*uuid};
}

Result<> set(MetaProperties& properties, std::string_view key, std::string_view value) {
  if (key == "version") {
    const auto version = detail::parse_number<int32_t>(value);
    if (!version || *version < 0 || *version > 1) {
      return fail(Errc::InvalidConfig, fmt::format("version={} of meta.properties is not one of 0 and 1", value));
    }
    properties.version = *version;
  } else if (key == "cluster.id") {
    properties.cluster_id = std::string(value);
  } else if (key == "node.id" || key == "broker.id") {
    TRY(properties.node_id, parse_node_id(key, value));
  } else if (key == "directory.id") {
    TRY(properties.directory_id, parse_directory_id(value));
  }
  return {};
}

}  // namespace

Result<MetaProperties> MetaProperties::parse(std::string_view text) {
  MetaProperties properties;
  properties.version = 0;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const size_t split = line.find_first_of("=:");
    if (line.empty() || line.starts_with('#') || line.starts_with('!') || split == std::string_view::npos) {
      continue;
    }
    TRY(set(properties, trim(line.substr(0, split)), trim(line.substr(split + 1))));
  }
  if (!properties.cluster_id && !properties.node_id && !properties.directory_id) {
    return fail(Errc::InvalidConfig, "meta.properties is empty or damaged");
  }
  if (properties.version == 1 && (!properties.cluster_id || !properties.node_id)) {
    return fail(Errc::InvalidConfig, "meta.properties lacks cluster.id or node.id");
  }
  return properties;
}

std::string MetaProperties::text() const {
  std::string text = "version=1\n";
  if (cluster_id) {
    text += fmt::format("cluster.id={}\n", *cluster_id);
  }
  if (node_id) {
    text += fmt::format("node.id={}\n", *node_id);
  }
  if (directory_id) {
    text += fmt::format("directory.id={}\n", directory_id->uuid());
  }
  return text;
}

}  // namespace odradek::storage
