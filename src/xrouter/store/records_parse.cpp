// The way back: journal text to records.
#include <limits>

#include "xrouter/json/parse.hpp"
#include "xrouter/store/records.hpp"

namespace xrouter::store {
namespace {

using json::ObjectReader;

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kMaxItems = 4096;

std::int64_t any_integer(ObjectReader& in, std::string_view name) { return in.integer(name, kMin, kMax); }
std::int64_t count(ObjectReader& in, std::string_view name) { return in.optional_integer(name, kMin, kMax).value_or(0); }
int small(ObjectReader& in, std::string_view name) { return static_cast<int>(in.integer(name, 0, std::numeric_limits<int>::max())); }
bool flag(ObjectReader& in, std::string_view name) { return in.optional_bool(name).value_or(false); }
Duration duration(ObjectReader& in, std::string_view name) { return Duration(any_integer(in, name)); }
WallTime wall_time(ObjectReader& in, std::string_view name) { return WallTime(std::chrono::milliseconds(any_integer(in, name))); }

std::optional<Usd> optional_usd(ObjectReader& in, std::string_view name) {
  const auto pico = in.optional_integer(name, kMin, kMax);
  return pico ? std::optional(Usd::from_pico(*pico)) : std::nullopt;
}

std::optional<ErrorKind> status(ObjectReader& in) {
  const std::string label = in.string("status");
  if (label == "ok") return std::nullopt;
  const auto kind = error_kind_of(label);
  if (!kind) in.fail_at("status", "is no known label");
  return kind;
}

Cost cost(ObjectReader& in) {
  return {.known = Usd::from_pico(any_integer(in, "cost_pico")), .complete = flag(in, "cost_complete"), .estimated = flag(in, "cost_estimated")};
}

Usage usage(ObjectReader& in) {
  return {.prompt_tokens = count(in, "prompt"),
          .completion_tokens = count(in, "completion"),
          .cached_tokens = count(in, "cached"),
          .cache_write_tokens = count(in, "cache_write"),
          .prompt_audio_tokens = count(in, "prompt_audio"),
          .reasoning_tokens = count(in, "reasoning"),
          .completion_audio_tokens = count(in, "completion_audio"),
          .accepted_prediction_tokens = count(in, "accepted_prediction"),
          .rejected_prediction_tokens = count(in, "rejected_prediction")};
}

AttemptRecord attempt(ObjectReader& in) {
  AttemptRecord made{.model = ModelId(in.string("model")), .error = status(in), .http_status = static_cast<int>(count(in, "http"))};
  made.usage = usage(in);
  const auto source = usage_source_of(in.string("usage_source"));
  if (!source) in.fail_at("usage_source", "is no known source");
  made.usage_source = source.value_or(UsageSource::none);
  made.cost = cost(in);
  made.price_version = in.string("price");
  made.upstream_id = in.string("upstream_id");
  made.started = wall_time(in, "started");
  made.latency = duration(in, "latency");
  if (in.has("first_token")) made.first_token = duration(in, "first_token");
  made.deployment = in.optional_string("deployment").value_or("");
  return made;
}

std::vector<AttemptRecord> attempts(ObjectReader& in) {
  std::vector<AttemptRecord> all;
  const auto* array = in.optional_array("attempts", kMaxItems);
  if (array == nullptr) return all;
  for (const auto& item : *array) {
    ObjectReader one(item, "attempts");
    all.push_back(attempt(one));
    if (!one.ok()) in.fail_at("attempts", one.error().public_text);
  }
  return all;
}

PoolRecord pool(ObjectReader& in) {
  PoolRecord record{.pool = in.string("pool"), .offers = {}};
  const auto* array = in.optional_array("offers", kMaxItems);
  if (array == nullptr) return record;
  for (const auto& item : *array) {
    ObjectReader one(item, "offers");
    record.offers.push_back({.model = ModelId(one.string("model")),
                             .tier = one.string("tier"),
                             .input = optional_usd(one, "input"),
                             .output = optional_usd(one, "output"),
                             .price_version = one.string("price")});
    if (!one.ok()) in.fail_at("offers", one.error().public_text);
  }
  return record;
}

StartedRecord started(ObjectReader& in) {
  return {.request = RequestId(in.string("request")),
          .at = wall_time(in, "at"),
          .model = in.string("model"),
          .mode = in.string("mode"),
          .policy = in.string("policy"),
          .policy_bills = flag(in, "policy_bills"),
          .cost_weight = in.optional_number("cost_weight", std::numeric_limits<double>::lowest(), std::numeric_limits<double>::max()).value_or(0),
          .max_cost = optional_usd(in, "max_cost"),
          .config_hash = in.string("config"),
          .api_key = in.string("api_key"),
          .stream = flag(in, "stream"),
          .pool = in.string("pool")};
}

ReservedRecord reserved(ObjectReader& in) {
  return {.request = RequestId(in.string("request")),
          .call = CallId(in.string("call")),
          .turn = small(in, "turn"),
          .model = ModelId(in.string("model")),
          .at = wall_time(in, "at"),
          .amount = optional_usd(in, "amount"),
          .price_version = in.string("price")};
}

TurnReservedRecord turn_reserved(ObjectReader& in) {
  return {.request = RequestId(in.string("request")),
          .turn = small(in, "turn"),
          .model = ModelId(in.string("model")),
          .at = wall_time(in, "at"),
          .amount = optional_usd(in, "amount"),
          .price_version = in.string("price")};
}

int first_attempt(ObjectReader& in) { return static_cast<int>(in.optional_integer("first_attempt", 1, std::numeric_limits<int>::max()).value_or(1)); }

TurnRecord turn(ObjectReader& in) {
  return {.request = RequestId(in.string("request")),
          .turn = small(in, "turn"),
          .error = status(in),
          .tool_calls = small(in, "tool_calls"),
          .committed = flag(in, "committed"),
          .confidence = in.optional_number("confidence", std::numeric_limits<double>::lowest(), std::numeric_limits<double>::max()),
          .latency = duration(in, "latency"),
          .attempts = attempts(in),
          .first_attempt = first_attempt(in)};
}

SettledRecord settled(ObjectReader& in) {
  return {.request = RequestId(in.string("request")),
          .call = CallId(in.string("call")),
          .turn = small(in, "turn"),
          .model = ModelId(in.string("model")),
          .error = status(in),
          .latency = duration(in, "latency"),
          .attempts = attempts(in),
          .first_attempt = first_attempt(in)};
}

FinishedRecord finished(ObjectReader& in) {
  return {.request = RequestId(in.string("request")),
          .at = wall_time(in, "at"),
          .source = in.string("source"),
          .stop = in.string("stop"),
          .error = status(in),
          .turns = small(in, "turns"),
          .answer_call = CallId(in.string("answer_call")),
          .answer_model = ModelId(in.string("answer_model")),
          .cost = cost(in),
          .router_cost = Usd::from_pico(any_integer(in, "router_cost")),
          .prompt_tokens = count(in, "prompt"),
          .completion_tokens = count(in, "completion"),
          .latency = duration(in, "latency"),
          .overhead = duration(in, "overhead")};
}

Record record_of(ObjectReader& in) {
  const std::string kind = in.string("kind");
  if (kind == "pool") return pool(in);
  if (kind == "started") return started(in);
  if (kind == "turn_reserved") return turn_reserved(in);
  if (kind == "reserved") return reserved(in);
  if (kind == "turn") return turn(in);
  if (kind == "settled") return settled(in);
  if (kind == "finished") return finished(in);
  if (kind != "abandoned") in.fail_at("kind", "is no known kind of record");
  return AbandonedRecord{.request = RequestId(in.string("request"))};
}

}  // namespace

Result<Record> parse_record(std::string_view text) {
  auto value = json::parse(text);
  if (!value) return fail(std::move(value.error()));
  ObjectReader in(*value);
  Record record = record_of(in);
  if (!in.ok()) return fail(in.error());
  return record;
}

}  // namespace xrouter::store
