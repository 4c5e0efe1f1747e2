// The facts that the ledger is made of, as they travel through the journal. No prompts, no
// answers, no keys.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/engine/ledger.hpp"

namespace xrouter::store {

/// What was offered to the policy, at which prices. Requests refer to it by `pool`.
struct PoolRecord {
  struct Offer {
    ModelId model;
    std::string tier;
    std::optional<Usd> input = {};   ///< per token; empty = unknown
    std::optional<Usd> output = {};
    std::string price_version;
    bool operator==(const Offer&) const = default;
  };
  std::string pool;  ///< fingerprint of the offers
  std::vector<Offer> offers;
};

struct StartedRecord {
  RequestId request;
  WallTime at;
  std::string model;          ///< the public name that was asked for
  std::string mode;
  std::string policy;
  bool policy_bills = false;  ///< deciding can cost money (a remote router model)
  double cost_weight = 0;
  std::optional<Usd> max_cost = {};
  std::string config_hash;
  std::string api_key;        ///< prefix of the key's hash, or empty
  bool stream = false;
  std::string pool;
};

/// Written before a call is sent. A call that is never settled is booked at this amount.
struct ReservedRecord {
  RequestId request;
  CallId call;
  int turn = 0;
  ModelId model;
  WallTime at;
  std::optional<Usd> amount = {};  ///< empty = a price is unknown
  std::string price_version;
};

/// Written before a decision that costs money is asked for. A decision that is never settled by a
/// TurnRecord is booked at this amount.
struct TurnReservedRecord {
  RequestId request;
  int turn = 0;
  ModelId model;  ///< the router's
  WallTime at;
  std::optional<Usd> amount = {};  ///< empty = a price is unknown
  std::string price_version;
};

/// A decision of the policy and what it cost.
struct TurnRecord {
  RequestId request;
  int turn = 0;
  std::optional<ErrorKind> error = {};
  int tool_calls = 0;
  bool committed = false;
  std::optional<double> confidence = {};
  Duration latency = {};
  std::vector<AttemptRecord> attempts = {};
  int first_attempt = 1;  ///< number of attempts[0]; above 1: only attempts, the record of the turn itself follows
};

/// A call has ended, with every attempt made for it.
struct SettledRecord {
  RequestId request;
  CallId call;
  int turn = 0;
  ModelId model;
  std::optional<ErrorKind> error = {};
  Duration latency = {};
  std::vector<AttemptRecord> attempts = {};
  int first_attempt = 1;  ///< as in TurnRecord
};

struct FinishedRecord {
  RequestId request;
  WallTime at;
  std::string source;
  std::string stop;
  std::optional<ErrorKind> error = {};
  int turns = 0;
  CallId answer_call;
  ModelId answer_model;
  Cost cost;
  Usd router_cost = Usd::zero();  ///< known part
  std::int64_t prompt_tokens = 0;
  std::int64_t completion_tokens = 0;
  Duration latency = {};
  Duration overhead = {};         ///< latency less the time spent waiting for upstreams
};

/// The episode ended without a finish (an internal failure). Its open calls count as lost.
struct AbandonedRecord {
  RequestId request;
};

using Record =
    std::variant<PoolRecord, StartedRecord, TurnReservedRecord, ReservedRecord, TurnRecord, SettledRecord, FinishedRecord, AbandonedRecord>;

/// Compact JSON on one line. Texts that are not valid UTF-8 are cleaned and long ones cut (and end in
/// "..."), so the result can always be read back.
std::string to_json(const Record& record);
/// Error: invalid_request for anything that to_json cannot have written.
Result<Record> parse_record(std::string_view text);

}  // namespace xrouter::store
