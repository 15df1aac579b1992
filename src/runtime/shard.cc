#include "runtime/shard.h"

#include "base/ensure.h"

namespace odradek::runtime {
namespace {

constinit thread_local Shard* current_shard = nullptr;

}  // namespace

Shard& Shard::current() {
  ensure(current_shard != nullptr, "this thread runs no shard");
  return *current_shard;
}

void Shard::set_current(Shard* shard) { current_shard = shard; }

}  // namespace odradek::runtime
