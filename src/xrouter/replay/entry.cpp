#include "xrouter/replay/entry.hpp"

#include <boost/json/array.hpp>

#include "xrouter/json/parse.hpp"
#include "xrouter/json/writer.hpp"
#include "xrouter/wire/openai/codec.hpp"
#include "xrouter/wire/openai/usage.hpp"

namespace xrouter::replay {
namespace {

constexpr int kEntryVersion = 1;
constexpr std::size_t kMaxAttempts = 1000;
constexpr std::int64_t kMaxMicroseconds = std::int64_t{1} << 50;
constexpr std::int64_t kMaxStatus = 999;

std::int64_t microseconds_of(Duration duration) { return std::chrono::duration_cast<std::chrono::microseconds>(duration).count(); }

void write_attempt(json::Writer& out, const AttemptRecord& attempt) {
  out.begin_object().field("status", attempt.http_status).field("source", to_text(attempt.usage_source));
  if (attempt.error) out.field("error", label_of(*attempt.error));
  wire::openai::write_usage(out, attempt.usage);
  out.field("price_version", attempt.price_version).field("upstream_id", attempt.upstream_id).field("deployment", attempt.deployment);
  out.field("latency_us", microseconds_of(attempt.latency));
  if (attempt.first_token) out.field("first_token_us", microseconds_of(*attempt.first_token));
  out.end_object();
}

AttemptRecord read_attempt(json::ObjectReader& in, const ModelSpec& model) {
  AttemptRecord attempt{.model = model.id};
  attempt.http_status = static_cast<int>(in.integer("status", 0, kMaxStatus));
  const auto source = usage_source_of(in.string("source"));
  if (in.ok() && !source) in.fail_at("source", "is unknown");
  attempt.usage_source = source.value_or(UsageSource::none);
  if (const auto label = in.optional_string("error")) {
    attempt.error = error_kind_of(*label);
    if (!attempt.error) in.fail_at("error", "is unknown");
  }
  attempt.usage = wire::openai::read_usage(in).value_or(Usage{});
  in.string("price_version");  // of the recording; what is charged now is the price of now
  attempt.price_version = model.price.version();
  attempt.upstream_id = in.string("upstream_id");
  attempt.deployment = in.string("deployment");
  attempt.latency = std::chrono::microseconds(in.integer("latency_us", 0, kMaxMicroseconds));
  if (const auto first = in.optional_integer("first_token_us", 0, kMaxMicroseconds)) attempt.first_token = std::chrono::microseconds(*first);
  if (attempt.usage_source == UsageSource::none) return attempt;
  attempt.cost = model.price.cost_of(attempt.usage);
  attempt.cost.estimated = attempt.usage_source == UsageSource::estimated;
  return attempt;
}

void write_error(json::Writer& out, const Error& error) {
  out.key("error").begin_object().field("kind", label_of(error.kind)).field("text", error.public_text);
  if (!error.param.empty()) out.field("param", error.param);
  if (!error.code.empty()) out.field("code", error.code);
  out.end_object();
}

Error read_error(json::ObjectReader& in) {
  const auto kind = error_kind_of(in.string("kind"));
  if (in.ok() && !kind) in.fail_at("kind", "is unknown");
  return {.kind = kind.value_or(ErrorKind::internal),
          .public_text = in.string("text"),
          .param = in.optional_string("param").value_or(""),
          .code = in.optional_string("code").value_or("")};
}

Result<ChatReply> read_reply(json::ObjectReader& in) {
  const auto body = in.optional_raw("reply");
  if (!body) return fail(ErrorKind::io, "it has neither reply nor error");
  auto reply = wire::openai::parse_chat_reply(body->text);
  if (!reply) return reply;
  if (in.optional_bool("usage_unknown").value_or(false)) reply->usage.reset();
  return reply;
}

std::vector<AttemptRecord> read_attempts(json::ObjectReader& in, const ModelSpec& model) {
  std::vector<AttemptRecord> attempts;
  const boost::json::array* list = in.optional_array("attempts", kMaxAttempts);
  if (!list) {
    in.fail_at("attempts", "is missing");
    return attempts;
  }
  for (const boost::json::value& value : *list) {
    json::ObjectReader one(value, "attempts");
    attempts.push_back(read_attempt(one, model));
    in.take_error_of(one);
  }
  return attempts;
}

tl::unexpected<Error> damaged(const std::string& why) { return fail(ErrorKind::io, "An entry of the replay store is damaged.", why); }

}  // namespace

std::string to_bytes(const ModelReply& reply) {
  json::Writer out;
  out.begin_object().field("version", kEntryVersion);
  if (reply.reply) {
    const wire::openai::Envelope envelope{.id = reply.reply->id, .created = 0, .model = reply.reply->model};
    out.key("reply").value(RawJson{wire::openai::render_chat_reply(*reply.reply, envelope, reply.reply->usage.value_or(Usage{}), {})});
    if (!reply.reply->usage) out.field("usage_unknown", true);
  } else {
    write_error(out, reply.reply.error());
  }
  out.key("attempts").begin_array();
  for (const AttemptRecord& attempt : reply.attempts) write_attempt(out, attempt);
  return out.end_array().end_object().take();
}

Result<ModelReply> from_bytes(std::string_view bytes, const ModelCall& call) {
  const auto value = json::parse(bytes);
  if (!value) return damaged(value.error().public_text);
  json::ObjectReader in(*value);
  in.integer("version", kEntryVersion, kEntryVersion);
  ModelReply out{.call = call.id};
  out.attempts = read_attempts(in, *call.model);
  if (const boost::json::value* error = in.find("error")) {
    json::ObjectReader inner(*error, "error");
    out.reply = fail(read_error(inner));
    in.take_error_of(inner);
  } else if (in.ok()) {
    out.reply = read_reply(in);
    if (!out.reply) return damaged(out.reply.error().public_text);
  }
  if (!in.ok()) return damaged(in.error().public_text);
  return out;
}

bool is_final(const ModelReply& reply) {
  if (reply.reply) return true;
  switch (reply.reply.error().kind) {
    case ErrorKind::upstream_rejected:
    case ErrorKind::content_filtered:
    case ErrorKind::context_length:
    case ErrorKind::question_not_recorded:
      return true;
    default:
      return false;
  }
}

}  // namespace xrouter::replay
