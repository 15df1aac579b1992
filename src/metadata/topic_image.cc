#include "metadata/topic_image.h"

namespace odradek::metadata {

DirectoryId PartitionImage::directory_of(NodeId broker) const {
  for (size_t i = 0; i < replicas.size() && i < directories.size(); ++i) {
    if (replicas[i] == broker) {
      return directories[i];
    }
  }
  return directory_unassigned;
}

bool is_internal_topic(std::string_view name) {
  return name == "__consumer_offsets" || name == "__transaction_state" || name == "__share_group_state";
}

}  // namespace odradek::metadata
