#include "cli/batch_codec.h"

#include <utility>

#include "cli/batch_rewrite.h"
#include "cli/codec_line.h"
#include "protocol/byte_text.h"
#include "record/describe.h"

namespace odradek::cli {

namespace json = boost::json;

namespace {

std::string_view name(record::DescribeStage stage) {
  switch (stage) {
    case record::DescribeStage::Batches: return "batches";
    case record::DescribeStage::EnsureValid: return "ensureValid";
    case record::DescribeStage::Records: return "records";
  }
  unreachable();
}

}  // namespace

json::object answer_to_batches(ByteView bytes, RecordMeaning meaning, json::object json) {
  const record::Description description = record::describe_batches(bytes);
  add_batches(description, meaning, json);
  json::object answer;
  if (description.failure) {
    answer.emplace("error", error_text(description.failure->error));
    answer.emplace("where", name(description.failure->stage));
  } else if (const Result<Bytes> rewritten = rewrite_batches(bytes); !rewritten) {
    answer.emplace("error", error_text(rewritten.error()));
    answer.emplace("where", "writing");
  } else {
    answer.emplace("bytes", protocol::hex(*rewritten));
    answer.emplace("bytesLeft", description.bytes_left);
  }
  answer.emplace("json", std::move(json));
  return answer;
}

Result<json::object> decode_batches(const json::object& line) {
  TRY(const Bytes bytes, bytes_of(line));
  return answer_to_batches(bytes, RecordMeaning::Opaque);
}

}  // namespace odradek::cli
