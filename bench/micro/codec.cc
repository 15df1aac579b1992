// Messages of the hot path: what a broker decodes and encodes per request, records not touched.

#include <benchmark/benchmark.h>

#include "protocol/framing.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/metadata.h"
#include "protocol/messages/produce.h"

namespace odradek::bench {
namespace {

using namespace protocol;

constexpr size_t size_field = 4;

Blob produce_request(int64_t partitions) {
  const Bytes records(1024, 7);
  ProduceRequest request;
  request.acks = -1;
  request.timeout_ms = 30'000;
  auto& topic = request.topic_data.emplace_back();
  topic.name = Text("a-topic-of-some-name");
  for (int64_t i = 0; i < partitions; ++i) {
    auto& partition = topic.partition_data.emplace_back();
    partition.index = static_cast<int32_t>(i);
    partition.records = Blob(ByteView(records));
  }
  return Blob(request_frame(request, 9, 1, Text("a-client"))->flatten());
}

void decode_produce_request(benchmark::State& state) {
  const Blob frame = produce_request(state.range(0));
  const Blob inner = frame.slice(size_field, frame.size() - size_field);
  for (auto _ : state) {
    Reader in(inner);
    const auto head = read_request_head(in);
    auto request = ProduceRequest::decode(in, head->version);
    benchmark::DoNotOptimize(request);
  }
}
BENCHMARK(decode_produce_request)->Arg(1)->Arg(100);

void encode_produce_response(benchmark::State& state) {
  for (auto _ : state) {
    ProduceResponse response;
    auto& topic = response.responses.emplace_back();
    topic.name = Text("a-topic-of-some-name");
    topic.partition_responses.emplace_back().base_offset = 42;
    auto frame = response_frame(response, 9, 1);
    benchmark::DoNotOptimize(frame);
  }
}
BENCHMARK(encode_produce_response);

void encode_fetch_response(benchmark::State& state) {
  const Blob records(Bytes(64 << 10, 7));
  for (auto _ : state) {
    FetchResponse response;
    auto& topic = response.responses.emplace_back();
    topic.topic = Text("a-topic-of-some-name");
    topic.partitions.resize(static_cast<size_t>(state.range(0)));
    for (auto& partition : topic.partitions) {
      partition.high_watermark = 1000;
      partition.records = records;
    }
    auto frame = response_frame(response, 12, 1);
    benchmark::DoNotOptimize(frame);
  }
}
BENCHMARK(encode_fetch_response)->Arg(1)->Arg(100);

void encode_metadata_response(benchmark::State& state) {
  MetadataResponse response;
  auto& topic = response.topics.emplace_back();
  topic.name = Text("a-topic-of-some-name");
  for (int32_t i = 0; i < 1000; ++i) {
    auto& partition = topic.partitions.emplace_back();
    partition.partition_index = i;
    partition.replica_nodes = {1, 2, 3};
    partition.isr_nodes = {1, 2, 3};
  }
  for (auto _ : state) {
    auto frame = response_frame(response, 9, 1);
    benchmark::DoNotOptimize(frame);
  }
  state.SetItemsProcessed(state.iterations() * 1000);
}
BENCHMARK(encode_metadata_response);

}  // namespace
}  // namespace odradek::bench
