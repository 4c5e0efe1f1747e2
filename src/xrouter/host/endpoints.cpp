// Models, probes and metrics.
#include "xrouter/host/application.hpp"
#include "xrouter/json/writer.hpp"
#include "xrouter/server/probe_answers.hpp"

namespace xrouter::host {
namespace {

using boost::asio::awaitable;

// Fixed, so that a list does not look new each time: 2025-01-01 00:00 UTC.
constexpr std::int64_t kCreated = 1'735'689'600;

void write_model(json::Writer& out, const HostedModel& model) {
  out.begin_object();
  out.field("id", std::string_view(model.name)).field("object", "model").field("created", kCreated).field("owned_by", "xrouter");
  out.field("context_length", model.context_tokens);
  out.end_object();
}

}  // namespace

awaitable<Result<void>> list_models(Exchange& exchange) {
  json::Writer out;
  out.begin_object().field("object", "list").key("data").begin_array();
  write_model(out, exchange.shared().model);
  out.end_array().end_object();
  co_return co_await exchange.send_json(out.take());
}

awaitable<Result<void>> show_model(Exchange& exchange) {
  if (exchange.path_argument != exchange.shared().model.name)
    co_return fail(Error{.kind = ErrorKind::model_not_found,
                         .public_text = "The model does not exist. GET /v1/models lists the name of the one that is served.",
                         .param = "model"});
  json::Writer out;
  write_model(out, exchange.shared().model);
  co_return co_await exchange.send_json(out.take());
}

awaitable<Result<void>> show_health(Exchange& exchange) { co_return co_await server::send_health(exchange); }

// Ready: the model is loaded, or we would not listen. A full queue is no reason to be taken out: it is there to wait in.
awaitable<Result<void>> show_readiness(Exchange& exchange) {
  const bool ready = !exchange.shared().draining;
  co_return co_await server::send_readiness(exchange, ready);
}

awaitable<Result<void>> show_metrics(Exchange& exchange) {
  std::string text = exchange.shared().metrics.render();
  co_return co_await server::send_metrics(exchange, std::move(text));
}

}  // namespace xrouter::host
