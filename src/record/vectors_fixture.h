// The batches that Kafka wrote, with what is in them, and our own view in the same form.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "record/describe.h"

namespace odradek::record {

struct Vector {
  std::string name;
  bool is_exact = false;
  Bytes bytes;
  boost::json::object json;
};

// The vectors of `name` ("batches" or "broken"): the compact set checked in, or all of the reference set where
// ODRADEK_REFERENCE names its folder.
[[nodiscard]] std::vector<Vector> load_vectors(const std::string& name);

// As the vectors' json: {"batches": [...], "bytesLeft": n}. Messages of Raft's control records are left out.
[[nodiscard]] boost::json::object to_json(const Description& description);

// Takes out what we do not render: the messages of Raft's control records.
void drop_messages(boost::json::object& expected);

}  // namespace odradek::record
