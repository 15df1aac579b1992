// odradek_load: load for any broker that speaks Kafka's protocol, and what it costs that broker.

#include <cstdlib>
#include <exception>
#include <functional>
#include <map>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "load/limit_server.h"
#include "load/produce_frames.h"
#include "load/workloads.h"
#include "runtime/real/real_runtime.h"

namespace odradek::bench {
namespace {

const std::map<std::string, record::Codec> codecs{{"none", record::Codec::None},
                                                  {"gzip", record::Codec::Gzip},
                                                  {"snappy", record::Codec::Snappy},
                                                  {"lz4", record::Codec::Lz4},
                                                  {"zstd", record::Codec::Zstd}};

// Everything the command line can say; the sub-command decides what of it counts.
struct Arguments {
  Target target;
  ProduceLoad produce;
  ProduceLoad requests = one_record_requests();
  FetchLoad fetch;
  EndToEndLoad end_to_end;
  IdleLoad idle;
  CommitLoad commits;
  ClassicGroupsLoad classic;
  ConsumerGroupLoad consumers;
  TopicSet topics;
  uint64_t floor_mib = 256;
};

void add_target(CLI::App& command, Target& target) {
  command.add_option("--host", target.endpoint.host, "IPv4 address of the broker")->capture_default_str();
  command.add_option("--port", target.endpoint.port, "Its port")->capture_default_str();
  command.add_option("--pid", target.pid, "Its process, to report what it uses");
}

void add_produce(CLI::App& command, ProduceLoad& load) {
  command.add_option("--topic", load.topic, "Created if it is absent")->capture_default_str();
  command.add_option("--partitions", load.partitions)->capture_default_str()->check(CLI::Range(1, 100'000));
  command.add_option("--connections", load.connections)->capture_default_str()->check(CLI::Range(1, 100'000));
  command.add_option("--depth", load.depth, "Requests in flight per connection")->capture_default_str();
  command.add_option("--rate", load.rate, "Requests a second; as many as can be if not given");
  command.add_flag("--keep-partition", load.keeps_partition,
                   "Each connection writes to one partition, as a producer without keys does; else to each in turn");
  command.add_option("--batch-bytes", load.batch_bytes, "About; one record if less")->capture_default_str();
  command.add_option("--record-bytes", load.record_bytes)->capture_default_str();
  command.add_option("--acks", load.acks)->capture_default_str()->check(CLI::IsMember({1, -1}));
  command.add_option("--codec", load.codec)->transform(CLI::CheckedTransformer(codecs));
  command.add_option("--mib", load.mib, "End after so many MiB");
  command.add_option("--seconds", load.seconds, "End after so long; 5 if neither is given");
}

void add_fetch(CLI::App& command, FetchLoad& load) {
  command.add_option("--topic", load.topic)->capture_default_str();
  command.add_option("--partitions", load.partitions)->capture_default_str()->check(CLI::Range(1, 100'000));
  command.add_option("--connections", load.connections)->capture_default_str()->check(CLI::Range(1, 100'000));
  command.add_option("--partition-bytes", load.partition_bytes_max, "At most, per request")->capture_default_str();
  command.add_option("--passes", load.passes, "How often to read it all")->capture_default_str();
}

void add_commits(CLI::App& command, CommitLoad& load) {
  command.add_option("--topic", load.topic, "Created if it is absent")->capture_default_str();
  command.add_option("--partitions", load.partitions)->capture_default_str()->check(CLI::Range(1, 100'000));
  command.add_option("--group", load.group, "<group>-0, <group>-1, ...")->capture_default_str();
  command.add_option("--groups", load.groups)->capture_default_str()->check(CLI::Range(1, 100'000));
  command.add_option("--connections", load.connections)->capture_default_str()->check(CLI::Range(1, 60'000));
  command.add_option("--depth", load.depth, "Requests in flight per connection")->capture_default_str();
  command.add_option("--rate", load.rate, "Requests a second; as many as can be if not given");
  command.add_option("--commits", load.commits, "End after so many")->capture_default_str();
  command.add_option("--partitions-per-commit", load.partitions_per_commit)->capture_default_str();
}

void add_classic(CLI::App& command, ClassicGroupsLoad& load) {
  command.add_option("--group", load.group, "<group>-0, <group>-1, ...")->capture_default_str();
  command.add_option("--groups", load.groups)->capture_default_str()->check(CLI::Range(1, 1'000'000));
  command.add_option("--seconds", load.seconds, "Of heartbeats")->capture_default_str();
}

void add_topics(CLI::App& command, TopicSet& set) {
  command.add_option("--topic", set.name, "With several: <topic>-0, <topic>-1, ...")->capture_default_str();
  command.add_option("--topics", set.topics)->capture_default_str()->check(CLI::Range(1, 100'000));
  command.add_option("--partitions", set.partitions, "Of each")->capture_default_str()->check(CLI::Range(1, 100'000));
}

ProduceLoad with_an_end(ProduceLoad load) {
  if (load.mib == 0 && load.seconds == 0) {
    load.seconds = 5;
  }
  return load;
}

Target floor_of(const LimitServer& server) {
  return {.endpoint = {.port = server.port()}, .pid = server.pid(), .is_floor = true};
}

void run_produce_floor(const ProduceLoad& load, bool writes) {
  const LimitServer server({.writes = writes, .partitions = load.partitions});
  ProduceLoad measured = with_an_end(load);
  measured.measure = "limit " + load.measure;
  run_produce(floor_of(server), measured);
}

void run_fetch_floor(const FetchLoad& load, uint64_t mib) {
  const FilledBatch batch = make_batch({.batch_bytes = size_t{64} << 10, .record_bytes = 1024});
  const auto bytes = (mib << 20) / static_cast<uint64_t>(load.partitions);
  const LimitOptions options{.batch = batch.bytes,
                             .batches = static_cast<int32_t>(bytes / batch.bytes.size()),
                             .batch_records = batch.records,
                             .partitions = load.partitions};
  const LimitServer server(options);
  FetchLoad measured = load;
  measured.measure = "limit fetch";
  measured.end = int64_t{options.batches} * options.batch_records;
  run_fetch(floor_of(server), measured);
}

void run_classic_floor(const ClassicGroupsLoad& load) {
  const LimitServer server({.buffer_bytes = 4096});
  run_heartbeat_floor(floor_of(server), load);
}

int run(int argc, char** argv) {
  runtime::raise_descriptor_limit();  // of each process: both ends of every connection may be of this machine
  CLI::App app("Load for a broker, measured from outside: one line of JSON per run");
  app.require_subcommand(1);
  Arguments arguments;
  const auto add = [](CLI::App& to, const char* name, const char* what, const std::function<void()>& action) {
    CLI::App* command = to.add_subcommand(name, what);
    command->final_callback(action);
    return command;
  };
  Arguments& a = arguments;
  CLI::App* produce =
      add(app, "produce", "Batches, pipelined", [&a] { run_produce(a.target, with_an_end(a.produce)); });
  CLI::App* requests = add(app, "requests", "One-record produce requests, the next when the answer came",
                           [&a] { run_produce(a.target, with_an_end(a.requests)); });
  CLI::App* fetch =
      add(app, "fetch", "Read a topic from its beginning to its end", [&a] { run_fetch(a.target, a.fetch); });
  CLI::App* end_to_end = add(app, "e2e", "Latency from produce to a consumer's long poll at a fixed rate",
                             [&a] { run_end_to_end(a.target, a.end_to_end); });
  CLI::App* idle = add(app, "idle", "Hold idle connections", [&a] { run_idle(a.target, a.idle); });
  CLI::App* commits = add(app, "commits", "Offset commits of groups", [&a] { run_commits(a.target, a.commits); });
  CLI::App* commits_ready = add(app, "commits-ready", "Wait for a starting broker to answer committed offsets",
                                [&a] { run_commits_ready(a.target, a.commits); });
  CLI::App* classic = add(app, "classic-groups", "Groups of one member each, and their heartbeats",
                          [&a] { run_classic_groups(a.target, a.classic); });
  CLI::App* consumers = add(app, "consumer-group", "One group of many members of the consumer protocol",
                            [&a] { run_consumer_group(a.target, a.consumers); });
  CLI::App* create =
      add(app, "create", "Create topics, wait until they are led", [&a] { run_create(a.target, a.topics); });
  CLI::App* ready =
      add(app, "ready", "Wait for a starting broker to serve topics it has", [&a] { run_ready(a.target, a.topics); });
  CLI::App* remove = add(app, "delete", "Delete topics", [&a] {
    Connection broker(a.target.endpoint);
    delete_topics(broker, a.topics);
  });
  for (CLI::App* command : {produce, requests, fetch, end_to_end, idle, commits, commits_ready, classic, consumers,
                            create, ready, remove}) {
    add_target(*command, arguments.target);
  }
  add_produce(*produce, arguments.produce);
  add_produce(*requests, arguments.requests);
  add_fetch(*fetch, arguments.fetch);
  end_to_end->add_option("--topic", arguments.end_to_end.topic)->capture_default_str();
  end_to_end->add_option("--rate", arguments.end_to_end.rate, "Records a second")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  end_to_end->add_option("--record-bytes", arguments.end_to_end.record_bytes)->capture_default_str();
  end_to_end->add_option("--acks", arguments.end_to_end.acks)->capture_default_str()->check(CLI::IsMember({1, -1}));
  end_to_end->add_option("--seconds", arguments.end_to_end.seconds)->capture_default_str();
  idle->add_option("--connections", arguments.idle.connections)->capture_default_str()->check(CLI::Range(1, 60'000));
  add_classic(*classic, arguments.classic);
  consumers->add_option("--topic", arguments.consumers.topic, "Created if it is absent")->capture_default_str();
  consumers->add_option("--group", arguments.consumers.group)->capture_default_str();
  consumers->add_option("--members", arguments.consumers.members)->capture_default_str()->check(CLI::Range(1, 60'000));
  consumers->add_option("--partitions", arguments.consumers.partitions)->capture_default_str();
  consumers->add_option("--seconds", arguments.consumers.seconds, "At rest")->capture_default_str();
  for (CLI::App* command : {commits, commits_ready}) {
    add_commits(*command, arguments.commits);
  }
  for (CLI::App* command : {create, ready, remove}) {
    add_topics(*command, arguments.topics);
  }

  CLI::App* limit = app.add_subcommand("limit", "The same without any broker: what this machine can do");
  limit->require_subcommand(1);
  add_produce(
      *add(*limit, "produce", "Receive, check the CRC, write to a file", [&a] { run_produce_floor(a.produce, true); }),
      arguments.produce);
  add_produce(*add(*limit, "requests", "Receive and answer", [&a] { run_produce_floor(a.requests, false); }),
              arguments.requests);
  CLI::App* limit_fetch = add(*limit, "fetch", "sendfile", [&a] { run_fetch_floor(a.fetch, a.floor_mib); });
  add_fetch(*limit_fetch, arguments.fetch);
  limit_fetch->add_option("--mib", arguments.floor_mib, "So much to read")->capture_default_str();
  add_classic(*add(*limit, "heartbeats", "Receive and answer, at the pace of classic-groups",
                   [&a] { run_classic_floor(a.classic); }),
              arguments.classic);

  CLI11_PARSE(app, argc, argv);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace odradek::bench

int main(int argc, char** argv) {
  try {
    return odradek::bench::run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "odradek_load: {}\n", error.what());
    return EXIT_FAILURE;
  }
}
