// Codec contexts that cost more to make than to use again: a few kept per thread.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace odradek::record::detail {

// Lends objects of a C library. `Traits` has make(), destroy(T*), and may_keep(T*), which resets the object and
// says whether it is small enough to be kept.
template <typename T, typename Traits>
class CodecPool {
 public:
  struct GiveBack {
    void operator()(T* object) const { CodecPool::of_this_thread().put(object); }
  };
  using Lent = std::unique_ptr<T, GiveBack>;

  [[nodiscard]] static Lent take() { return Lent(of_this_thread().get()); }

  CodecPool() = default;
  CodecPool(const CodecPool&) = delete;
  CodecPool& operator=(const CodecPool&) = delete;
  ~CodecPool() {
    for (T* object : idle_) {
      Traits::destroy(object);
    }
  }

 private:
  static constexpr size_t idle_max = 4;

  static CodecPool& of_this_thread() {
    thread_local CodecPool pool;
    return pool;
  }

  T* get() {
    if (idle_.empty()) {
      return Traits::make();
    }
    T* object = idle_.back();
    idle_.pop_back();
    return object;
  }

  void put(T* object) {
    if (idle_.size() < idle_max && Traits::may_keep(object)) {
      idle_.push_back(object);
    } else {
      Traits::destroy(object);
    }
  }

  std::vector<T*> idle_;
};

}  // namespace odradek::record::detail
