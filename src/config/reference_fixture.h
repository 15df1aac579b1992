// Tables of Kafka's own options to compare with, when the environment variable ODRADEK_REFERENCE names their folder.
#pragma once

#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace odradek::config {

using ReferenceRow = std::map<std::string, std::string>;

inline std::vector<std::string> split_columns(const std::string& line) {
  std::vector<std::string> columns;
  size_t begin = 0;
  for (;;) {
    const size_t tab = line.find('\t', begin);
    columns.push_back(line.substr(begin, tab - begin));
    if (tab == std::string::npos) {
      return columns;
    }
    begin = tab + 1;
  }
}

// The rows of configs/<file> by their column's name; nothing when there is no such folder.
inline std::optional<std::vector<ReferenceRow>> read_reference(const std::string& file) {
  const char* folder = std::getenv("ODRADEK_REFERENCE");
  std::ifstream in(std::string(folder == nullptr ? "/nonexistent" : folder) + "/configs/" + file);
  std::string line;
  if (!std::getline(in, line)) {
    return std::nullopt;
  }
  const auto names = split_columns(line);
  std::vector<ReferenceRow> rows;
  while (std::getline(in, line)) {
    const auto columns = split_columns(line);
    ReferenceRow row;
    for (size_t i = 0; i < names.size(); ++i) {
      row[names[i]] = i < columns.size() ? columns[i] : "";
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace odradek::config
