#include <thread>

#include "load/process.h"
#include "load/report.h"
#include "load/workloads.h"
#include "protocol/messages/api_versions.h"

namespace odradek::bench {
namespace {

// Connections that have asked something once, as every client does when it connects.
void open_used(const Target& target, int count, std::vector<Connection>& connections) {
  protocol::ApiVersionsRequest request;
  request.client_software_name = protocol::Text("odradek-load");
  request.client_software_version = protocol::Text("1");
  for (int i = 0; i < count; ++i) {
    connections.emplace_back(target.endpoint);
    const auto answer = connections.back().call<protocol::ApiVersionsResponse>(request, 3);
    must_be_none(answer.error_code, "api versions");
  }
}

}  // namespace

void run_idle(const Target& target, const IdleLoad& load) {
  constexpr int first = 200;  // what these cost, every broker pays once
  std::vector<Connection> connections;
  connections.reserve(static_cast<size_t>(first) + static_cast<size_t>(load.connections));
  open_used(target, first, connections);
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  const uint64_t before = resident_bytes_of(target.pid);
  open_used(target, load.connections, connections);
  std::this_thread::sleep_for(std::chrono::milliseconds(1000));
  const uint64_t after = resident_bytes_of(target.pid);
  const double cpu_before = cpu_seconds_of(target.pid);
  std::this_thread::sleep_for(std::chrono::milliseconds(2000));

  Report report("idle");
  report.add("connections", static_cast<uint64_t>(load.connections));
  if (target.pid != 0) {
    const double grown = static_cast<double>(after) - static_cast<double>(before);
    report.add("bytes_per_connection", grown / load.connections);
    report.add("rss_mb", static_cast<double>(after) / 1e6);
    report.add("cpu_percent", (cpu_seconds_of(target.pid) - cpu_before) / 2 * 100);
  }
  report.print();
}

}  // namespace odradek::bench
