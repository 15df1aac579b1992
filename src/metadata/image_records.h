// An image as records: what a snapshot of it holds, in Kafka's order.
#pragma once

#include <functional>

#include "metadata/metadata_image.h"
#include "metadata/metadata_record.h"

namespace odradek::metadata {

// Calls `emit` with each record in stored form. Replaying them on an empty image gives an equal image (positions
// apart). Records are written at the image's own metadata.version.
void write_image(const MetadataImage& image, const std::function<void(Bytes)>& emit);

}  // namespace odradek::metadata
