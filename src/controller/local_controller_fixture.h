// A node's metadata directory on a simulated disk: formatted, started, stopped, crashed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controller/controller_fixture.h"
#include "controller/formatter.h"
#include "controller/local_controller.h"
#include "runtime/sim/sim_test.h"

namespace odradek::controller {

inline const std::string test_path = "/data";
inline const std::string test_metadata_path = "/data/__cluster_metadata-0";

inline runtime::Async<> format_node() {
  CO_TRY(co_await runtime::Shard::current().files().create_directories(test_path));
  CO_TRY(co_await runtime::Shard::current().files().sync_directory("/"));
  FormatOptions options{.cluster_id = "MkU3OEVBNTcwNTJENDM2Qk",
                        .node = NodeId(1),
                        .controller_endpoints = {{.listener = "CONTROLLER", .host = "localhost", .port = 9093}},
                        .feature_levels = default_feature_levels()};
  co_return co_await format_directory(test_path, test_directory, true, std::move(options));
}

// What runs between a start and a stop.
struct RunningController {
  std::unique_ptr<EmbeddedVoterLog> log;
  std::unique_ptr<LocalController> controller;
  std::vector<metadata::ImageUpdate> updates;

  [[nodiscard]] const metadata::MetadataImage& image() const { return *updates.back().image; }
};

inline runtime::Async<std::unique_ptr<EmbeddedVoterLog>> open_log() {
  CO_TRY(MetadataInspection inspection, co_await inspect_metadata(test_metadata_path));
  CO_TRY(check_metadata(inspection, NodeId(1)));
  EmbeddedVoterOptions options;
  options.place = {.directory = test_metadata_path, .partition = {"__cluster_metadata", PartitionIndex(0)}};
  options.node = NodeId(1);
  options.directory = test_directory;
  options.endpoints = {{.listener = "CONTROLLER", .host = "localhost", .port = 9093}};
  co_return co_await EmbeddedVoterLog::open(std::move(options), std::move(inspection));
}

inline runtime::Async<std::unique_ptr<RunningController>> start_node(runtime::ShardSet& shards,
                                                                     LocalControllerOptions options) {
  auto running = std::make_unique<RunningController>();
  CO_TRY(running->log, co_await open_log());
  options.node = test_node();
  CO_TRY(options.bootstrap, co_await read_bootstrap_records(test_path));
  auto* updates = &running->updates;
  running->controller =
      std::make_unique<LocalController>(shards, runtime::ShardId(0), *running->log, test_config(), std::move(options),
                                        [updates](const metadata::ImageUpdate& update) { updates->push_back(update); });
  CO_TRY(co_await running->controller->start());
  co_return running;
}

inline runtime::Async<> stop_node(RunningController& running) {
  CO_TRY(co_await running.controller->depart());
  co_return co_await running.log->close();
}

// After the disk has crashed: nothing can be stopped in order any more.
inline runtime::Async<> abandon_node(RunningController& running) {
  co_await running.controller->drain();
  static_cast<void>(co_await running.log->close());
  co_return Result<>{};
}

inline runtime::Async<protocol::CreateTopicsResponse> create_topic(RunningController& running, std::string name,
                                                                   int32_t partitions) {
  protocol::CreateTopicsRequest request;
  auto& topic = request.topics.emplace_back();
  topic.name = protocol::Text(name);
  topic.num_partitions = partitions;
  topic.replication_factor = 1;
  co_return co_await running.controller->call({.api_version = 7}, request);
}

}  // namespace odradek::controller
