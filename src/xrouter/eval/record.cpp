#include "xrouter/eval/record.hpp"

#include <boost/json/array.hpp>

#include "xrouter/json/parse.hpp"
#include "xrouter/json/writer.hpp"

namespace xrouter::eval {
namespace {

constexpr std::int64_t kAny = std::int64_t{1} << 60;
constexpr std::size_t kMaxCalls = 10'000;

// The inverse of to_text() for an enum whose values are 0 .. last.
template <class E>
E word(json::ObjectReader& in, const char* name, E last) {
  const std::string text = in.string(name);
  for (int i = 0; i <= static_cast<int>(last); ++i)
    if (to_text(static_cast<E>(i)) == text) return static_cast<E>(i);
  in.fail_at(name, "is an unknown word");
  return {};
}

void write_cost(json::Writer& out, std::string_view name, const Cost& cost) {
  out.key(name).begin_array().value(cost.known.pico()).value(cost.complete).value(cost.estimated).end_array();
}

Cost read_cost(json::ObjectReader& in, std::string_view name) {
  const boost::json::array* parts = in.optional_array(name, 3);
  const bool valid = parts && parts->size() == 3 && (*parts)[0].is_int64() && (*parts)[1].is_bool() && (*parts)[2].is_bool();
  if (!valid) {
    in.fail_at(name, "must be [pico-dollars, complete, estimated]");
    return {};
  }
  return {.known = Usd::from_pico((*parts)[0].as_int64()), .complete = (*parts)[1].as_bool(), .estimated = (*parts)[2].as_bool()};
}

void write_call(json::Writer& out, const CallSample& call) {
  out.begin_object().field("model", call.model).field("turn", call.turn).field("status", to_text(call.status));
  if (!call.error.empty()) out.field("error", call.error);
  out.field("attempts", call.attempts).field("in", call.in_tokens).field("out", call.out_tokens);
  if (call.cached_tokens != 0) out.field("cached", call.cached_tokens);
  write_cost(out, "cost", call.cost);
  out.field("price", call.price).field("latency_ns", static_cast<std::int64_t>(call.latency.count()));
  out.end_object();
}

CallSample read_call(json::ObjectReader& in) {
  CallSample call;
  call.model = in.string("model");
  call.turn = static_cast<int>(in.integer("turn", 0, 1'000'000));
  call.status = word(in, "status", CallStatus::refused);
  call.error = in.optional_string("error").value_or("");
  call.attempts = static_cast<int>(in.integer("attempts", 0, 1'000'000));
  call.in_tokens = in.integer("in", 0, kAny);
  call.out_tokens = in.integer("out", 0, kAny);
  call.cached_tokens = in.optional_integer("cached", 0, kAny).value_or(0);
  call.cost = read_cost(in, "cost");
  call.price = in.string("price");
  call.latency = Duration(in.integer("latency_ns", 0, kAny));
  return call;
}

void write_grade(json::Writer& out, const GradeSample& grade) {
  out.begin_object().field("status", grade::to_text(grade.status)).field("score", grade.score).field("correct", grade.correct);
  out.field("extracted", grade.extracted).field("normalized", grade.normalized).field("reason", grade.reason);
  if (!grade.parts.empty()) {
    out.key("parts").begin_array();
    for (const auto& [name, share] : grade.parts) out.begin_array().value(name).value(share).end_array();
    out.end_array();
  }
  out.field("trusted", grade.trusted).field("grader", grade.grader).end_object();
}

GradeSample read_grade(json::ObjectReader& in) {
  GradeSample grade;
  grade.status = word(in, "status", grade::GradeStatus::cancelled);
  grade.score = in.number("score", 0, 1);
  grade.correct = in.optional_bool("correct").value_or(false);
  grade.extracted = in.string("extracted");
  grade.normalized = in.string("normalized");
  grade.reason = in.string("reason");
  if (const boost::json::array* parts = in.optional_array("parts", kMaxCalls)) {
    for (const boost::json::value& part : *parts) {
      const boost::json::array* pair = part.if_array();
      const bool valid = pair && pair->size() == 2 && (*pair)[0].is_string() && (*pair)[1].is_number();
      if (valid)
        grade.parts.emplace_back(std::string((*pair)[0].as_string()), (*pair)[1].to_number<double>());
      else
        in.fail_at("parts", "must hold [name, share]");
    }
  }
  grade.trusted = in.optional_bool("trusted").value_or(true);
  grade.grader = in.string("grader");
  return grade;
}

}  // namespace

std::string to_line(const SampleRecord& record) {
  json::Writer out;
  out.begin_object().field("key", record.key).field("task", record.task).field("system", record.system).field("qid", record.qid);
  out.field("rollout", record.rollout).field("prompt", record.prompt_hash).field("response", record.response);
  out.field("source", to_text(record.source)).field("stop", to_text(record.stop));
  if (!record.error.empty()) out.field("error", record.error);
  out.field("answer_model", record.answer_model).field("truncated", record.truncated).field("turns", record.turns);
  out.key("calls").begin_array();
  for (const CallSample& call : record.calls) write_call(out, call);
  out.end_array();
  write_cost(out, "cost", record.cost);
  write_cost(out, "router_cost", record.router_cost);
  out.field("router_tokens", record.router_tokens).optional_field("confidence", record.confidence);
  out.field("latency_ns", static_cast<std::int64_t>(record.latency.count()));
  out.key("grade");
  write_grade(out, record.grade);
  out.optional_field("recorded_label", record.recorded_label).field("tries", record.tries);
  out.end_object();
  return out.take();
}

SampleRecord as_read_back(SampleRecord record) {
  const auto read_back = [](double& number) {
    if (number == 0 || number == 1) return;
    json::Writer out;
    const auto value = json::parse(out.value(number).take());
    if (value && value->is_number()) number = value->to_number<double>();
  };
  if (record.confidence) read_back(*record.confidence);
  read_back(record.grade.score);
  for (auto& [name, share] : record.grade.parts) read_back(share);
  return record;
}

Result<SampleRecord> parse_sample(std::string_view line) {
  const auto value = json::parse(line);
  if (!value) return fail(ErrorKind::config, "not a sample: " + value.error().public_text);
  json::ObjectReader in(*value);
  SampleRecord out;
  out.key = in.string("key");
  out.task = in.string("task");
  out.system = in.string("system");
  out.qid = in.string("qid");
  out.rollout = static_cast<int>(in.integer("rollout", 0, 1'000'000));
  out.prompt_hash = in.string("prompt");
  out.response = in.string("response");
  out.source = word(in, "source", AnswerSource::none);
  out.stop = word(in, "stop", StopReason::calls_failed);
  out.error = in.optional_string("error").value_or("");
  out.answer_model = in.string("answer_model");
  out.truncated = in.optional_bool("truncated").value_or(false);
  out.turns = static_cast<int>(in.integer("turns", 0, 1'000'000));
  if (const boost::json::array* calls = in.optional_array("calls", kMaxCalls)) {
    for (const boost::json::value& call : *calls) {
      json::ObjectReader nested(call, "calls[]");
      out.calls.push_back(read_call(nested));
      in.take_error_of(nested);
    }
  }
  out.cost = read_cost(in, "cost");
  out.router_cost = read_cost(in, "router_cost");
  out.router_tokens = in.integer("router_tokens", 0, kAny);
  out.confidence = in.optional_number("confidence", 0, 1);
  out.latency = Duration(in.integer("latency_ns", 0, kAny));
  if (const boost::json::value* grade = in.find("grade")) {
    json::ObjectReader nested(*grade, "grade");
    out.grade = read_grade(nested);
    in.take_error_of(nested);
  } else {
    in.fail_at("grade", "is missing");
  }
  out.recorded_label = in.optional_bool("recorded_label");
  out.tries = static_cast<int>(in.integer("tries", 1, 1'000'000));
  if (!in.ok()) return fail(ErrorKind::config, "not a sample: " + in.error().public_text);
  return out;
}

}  // namespace xrouter::eval
