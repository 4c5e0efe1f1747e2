// What the mock did, in numbers that prove what a gateway in front of it did.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "xrouter/base/usd.hpp"
#include "xrouter/catalog/price.hpp"
#include "xrouter/mock/plan.hpp"

namespace xrouter::mock {

/// Until when the client stayed.
enum class Outcome {
  completed,              ///< the whole response was sent
  cut,                    ///< the mock broke it off, as told
  left_before_head,       ///< the client left before the status line
  left_before_first,      ///< ... after the headers of a stream, before its first event
  left_mid_response,      ///< ... later
};

struct ModelCounters {
  std::uint64_t started = 0;
  std::uint64_t completed = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t cut = 0;
  std::int64_t prompt_tokens = 0;  ///< reported and sent to the end
  std::int64_t completion_tokens = 0;
  std::int64_t cached_tokens = 0;
  std::int64_t reasoning_tokens = 0;
  Usd charged = Usd::zero();
  std::uint64_t unpriced = 0;    ///< usage reported, but no price, or counts that no one would bill
  std::uint64_t unreported = 0;  ///< completed answers that told no usage
};

/// Single-threaded.
class Stats {
 public:
  void begin(const Plan& plan);
  /// `price` may be null.
  void end(const Plan& plan, Outcome outcome, const Price* price);
  void invalid_request() { ++invalid_; }
  void connection_opened() { ++connections_; }
  void reset();
  /// The body of GET /__stats.
  std::string to_json() const;

  Usd charged() const { return charged_; }
  std::uint64_t started() const { return started_; }
  std::uint64_t completed() const { return completed_; }
  std::uint64_t cancelled() const { return left_before_head_ + left_before_first_ + left_mid_response_; }

 private:
  void charge(const Plan& plan, const Price* price, ModelCounters& model);

  std::uint64_t connections_ = 0;
  std::uint64_t invalid_ = 0;
  std::uint64_t started_ = 0;
  std::uint64_t completed_ = 0;
  std::uint64_t cut_ = 0;
  std::uint64_t left_before_head_ = 0;
  std::uint64_t left_before_first_ = 0;
  std::uint64_t left_mid_response_ = 0;
  std::uint64_t streams_started_ = 0;
  std::uint64_t streams_completed_ = 0;
  std::uint64_t streams_cancelled_ = 0;
  std::uint64_t in_flight_ = 0;
  std::uint64_t most_in_flight_ = 0;
  Usd charged_ = Usd::zero();
  std::map<int, std::uint64_t> by_status_;
  std::map<std::string, std::uint64_t> by_rule_;
  std::map<std::string, ModelCounters> by_model_;
};

}  // namespace xrouter::mock
