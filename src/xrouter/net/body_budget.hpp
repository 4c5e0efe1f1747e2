// A bound on the memory that request bodies take together.
#pragma once

#include <atomic>
#include <cstddef>

namespace xrouter::net {

/// Shared by all connections of a server. Thread-safe.
class BodyBudget {
 public:
  explicit BodyBudget(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  /// What one request has of it; given back at the end.
  class Share {
   public:
    /// `budget` may be null: then there is no bound.
    explicit Share(BodyBudget* budget) : budget_(budget) {}
    ~Share() { release(); }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    /// False, with nothing changed, when that would be over the bound.
    [[nodiscard]] bool grow_to(std::size_t bytes) {
      if (!budget_ || bytes <= bytes_) return true;
      if (!budget_->take(bytes - bytes_)) return false;
      bytes_ = bytes;
      return true;
    }
    void release() {
      if (budget_) budget_->used_ -= bytes_;
      bytes_ = 0;
    }

   private:
    BodyBudget* budget_;
    std::size_t bytes_ = 0;
  };

  std::size_t used() const { return used_; }

 private:
  bool take(std::size_t bytes) {
    if (used_.fetch_add(bytes) + bytes <= max_bytes_) return true;
    used_ -= bytes;
    return false;
  }

  const std::size_t max_bytes_;
  std::atomic<std::size_t> used_{0};
};

}  // namespace xrouter::net
