// Data directories of Apache Kafka 4.3.1, unpacked from testdata/ for a test: `stopped` cleanly, and `killed` with a
// transaction open.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace odradek::storage {

class KafkaDirectories {
 public:
  KafkaDirectories();
  ~KafkaDirectories();
  KafkaDirectories(const KafkaDirectories&) = delete;
  KafkaDirectories& operator=(const KafkaDirectories&) = delete;

  // Holds stopped/ and killed/; may be changed.
  [[nodiscard]] const std::filesystem::path& root() const { return root_; }

  // The files in one directory, such as "killed/plain-0". Of a preallocated index only its front.
  [[nodiscard]] std::map<std::string, Bytes> files_of(const std::string& directory) const;

  // The lines of a packed text file of testdata/.
  [[nodiscard]] static std::vector<std::string> lines_of(const std::string& name);

 private:
  std::filesystem::path root_;
};

}  // namespace odradek::storage
