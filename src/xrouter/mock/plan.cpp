#include "xrouter/mock/plan.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "xrouter/json/writer.hpp"
#include "xrouter/mock/answer.hpp"

namespace xrouter::mock {
namespace {

constexpr std::string_view kEventStream = "text/event-stream";

struct UsualError {
  int status;
  std::string_view message;
  std::string_view type;
  std::string_view code;  // empty = null
};
constexpr std::array<UsualError, 12> kUsualErrors{{
    {400, "The request is not valid.", "invalid_request_error", ""},
    {401, "Incorrect API key provided.", "invalid_request_error", "invalid_api_key"},
    {402, "Payment required.", "insufficient_quota", "insufficient_quota"},
    {403, "The key may not do this.", "permission_error", "permission_denied"},
    {404, "The model does not exist.", "invalid_request_error", "model_not_found"},
    {408, "The request took too long.", "server_error", "request_timeout"},
    {409, "The request conflicts with another one.", "invalid_request_error", "conflict"},
    {413, "The request is too large.", "invalid_request_error", "request_too_large"},
    {422, "The request cannot be processed.", "invalid_request_error", ""},
    {429, "Rate limit reached.", "requests", "rate_limit_exceeded"},
    {503, "The server is overloaded.", "server_error", "overloaded"},
    {500, "The server had an error.", "server_error", ""},  // also for every other status
}};

const UsualError& usual_error(int status) {
  auto found = std::find_if(kUsualErrors.begin(), kUsualErrors.end(), [status](const UsualError& e) { return e.status == status; });
  return found == kUsualErrors.end() ? kUsualErrors.back() : *found;
}

std::string_view line_end_of(LineEnd end) {
  switch (end) {
    case LineEnd::crlf: return "\r\n";
    case LineEnd::cr: return "\r";
    case LineEnd::lf: break;
  }
  return "\n";
}

std::string event_of(std::string_view data, const Behaviour& behaviour) {
  const std::string_view end = line_end_of(behaviour.line_end);
  std::string event;
  if (behaviour.comments) event.append(": mock").append(end).append(end);
  return event.append("data: ").append(data).append(end).append(end);
}

std::vector<std::string> stream_events(const MockRequest& request, const Behaviour& behaviour, const Answer& answer) {
  std::vector<std::string> events;
  for (const std::string& chunk : answer_chunks(request, behaviour, answer)) events.push_back(event_of(chunk, behaviour));
  if (behaviour.done == DoneMark::missing) return events;
  events.push_back(event_of(behaviour.done == DoneMark::spaced ? "[DONE] " : "[DONE]", behaviour));
  return events;
}

// A raw event stream in its events, so that pace and cuts work on it too.
std::vector<std::string> events_of_raw(std::string_view body) {
  std::vector<std::string> events;
  while (!body.empty()) {
    const std::size_t blank = body.find("\n\n");
    const std::size_t length = blank == std::string_view::npos ? body.size() : blank + 2;
    events.emplace_back(body.substr(0, length));
    body.remove_prefix(length);
  }
  return events;
}

std::vector<std::string> cut_at(const std::string& all, const std::vector<std::size_t>& offsets) {
  std::vector<std::string> pieces;
  std::size_t from = 0;
  for (std::size_t offset : offsets) {
    if (offset <= from || offset >= all.size()) continue;
    pieces.push_back(all.substr(from, offset - from));
    from = offset;
  }
  pieces.push_back(all.substr(from));
  return pieces;
}

std::vector<std::string> resplit(std::vector<std::string> pieces, const Behaviour& behaviour) {
  if (behaviour.split_every == 0 && behaviour.split_at.empty()) return pieces;
  const std::string all = std::accumulate(pieces.begin(), pieces.end(), std::string());
  if (behaviour.split_every == 0) return cut_at(all, behaviour.split_at);
  std::vector<std::size_t> offsets;
  for (std::size_t at = behaviour.split_every; at < all.size(); at += behaviour.split_every) offsets.push_back(at);
  return cut_at(all, offsets);
}

Plan::Ending ending_of(Cut::How how) {
  switch (how) {
    case Cut::How::reset: return Plan::Ending::reset;
    case Cut::How::close: return Plan::Ending::close;
    case Cut::How::half_close: return Plan::Ending::half_close;
    case Cut::How::stall: break;
  }
  return Plan::Ending::stall;
}

void keep_bytes(std::vector<std::string>& pieces, std::size_t count) {
  std::size_t kept = 0;
  while (kept < pieces.size() && count >= pieces[kept].size()) count -= pieces[kept++].size();
  if (kept == pieces.size()) return;
  pieces[kept].resize(count);
  pieces.resize(count > 0 ? kept + 1 : kept);
}

void apply_cut(const Cut& cut, Plan& plan) {
  plan.ending = ending_of(cut.how);
  plan.framed = true;
  plan.usage.reset();
  switch (cut.where) {
    case Cut::Where::request:
      plan.cut_before_head = true;
      plan.pieces.clear();
      break;
    case Cut::Where::head: plan.pieces.clear(); break;
    case Cut::Where::events: plan.pieces.resize(std::min(plan.pieces.size(), cut.count)); break;
    case Cut::Where::bytes: keep_bytes(plan.pieces, cut.count); break;
  }
}

std::optional<Usage> reported_usage(const MockRequest& request, const Behaviour& behaviour, const Answer& answer) {
  const MockUsage& told = behaviour.usage;
  const bool silent = told.place == UsagePlace::none || (told.place == UsagePlace::asked && request.stream && !request.include_usage);
  if (silent) return std::nullopt;
  return Usage{.prompt_tokens = answer.prompt_tokens,
               .completion_tokens = answer.completion_tokens,
               .cached_tokens = told.cached_tokens,
               .cache_write_tokens = told.cache_write_tokens,
               .reasoning_tokens = told.reasoning_tokens};
}

void fill_content(const MockRequest& request, const Behaviour& behaviour, Plan& plan, std::string& content_type) {
  if (behaviour.body) {
    const bool events = behaviour.content_type.starts_with(kEventStream);
    plan.pieces = events ? events_of_raw(*behaviour.body) : std::vector<std::string>{*behaviour.body};
    plan.framed = events;
    return;
  }
  if (behaviour.status != 200) {
    plan.pieces = {error_body(behaviour.status, behaviour.error)};
    return;
  }
  const Answer answer = make_answer(request, behaviour);
  plan.headers.set("x-request-id", "req-" + answer.id);
  plan.usage = reported_usage(request, behaviour, answer);
  plan.framed = request.stream;
  if (!request.stream) {
    plan.pieces = {answer_body(request, behaviour, answer)};
    return;
  }
  content_type = kEventStream;
  plan.pieces = stream_events(request, behaviour, answer);
}

}  // namespace

std::string error_body(int status, const MockError& error) {
  const UsualError& usual = usual_error(status);
  json::Writer out;
  const auto text_or_null = [&out](std::string_view name, std::string_view text) {
    out.key(name);
    if (text.empty())
      out.null();
    else
      out.value(text);
  };
  out.begin_object().key("error").begin_object().field("message", error.message.value_or(std::string(usual.message)));
  text_or_null("type", error.type ? std::string_view(*error.type) : usual.type);
  text_or_null("param", error.param ? std::string_view(*error.param) : std::string_view());
  text_or_null("code", error.code ? std::string_view(*error.code) : usual.code);
  out.end_object().end_object();
  return out.take();
}

std::vector<std::string> cut_text(std::string_view text, std::size_t count) {
  std::vector<std::string> pieces;
  count = std::max<std::size_t>(count, 1);
  std::size_t from = 0;
  for (std::size_t i = 1; i <= count && from < text.size(); ++i) {
    std::size_t to = text.size() * i / count;
    while (to < text.size() && (static_cast<unsigned char>(text[to]) & 0xC0) == 0x80) ++to;
    if (to <= from) continue;
    pieces.emplace_back(text.substr(from, to - from));
    from = to;
  }
  return pieces;
}

Plan make_plan(const MockRequest& request, const Behaviour& behaviour) {
  Plan plan{.model = request.model, .rule = {}, .stream = request.stream, .status = behaviour.status};
  plan.delay = behaviour.delay;
  plan.ttft = behaviour.ttft;
  plan.gap = behaviour.gap;
  plan.raw_http = behaviour.raw_http;
  std::string content_type = "application/json";
  fill_content(request, behaviour, plan, content_type);
  plan.headers.set("content-type", behaviour.content_type.empty() ? content_type : behaviour.content_type);
  for (const net::Header& header : behaviour.headers.list()) plan.headers.set(header.name, header.value);
  plan.pieces = resplit(std::move(plan.pieces), behaviour);
  if (plan.pieces.size() > 1) plan.framed = true;
  if (behaviour.cut) apply_cut(*behaviour.cut, plan);
  return plan;
}

}  // namespace xrouter::mock
