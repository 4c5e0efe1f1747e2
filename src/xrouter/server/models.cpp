// GET /v1/models and /v1/models/{id}: the names that work, and nothing else.
#include "xrouter/json/writer.hpp"
#include "xrouter/server/exchange.hpp"
#include "xrouter/server/routes.hpp"

namespace xrouter::server {
namespace {

// Fixed, so that a list does not look new each time: 2025-01-01 00:00 UTC.
constexpr std::int64_t kCreated = 1'735'689'600;

void write_model(json::Writer& out, const service::PublicModel& model) {
  out.begin_object();
  out.field("id", model.name).field("object", "model").field("created", kCreated);
  out.field("owned_by", model.pool_model ? "pool" : "xrouter");
  out.end_object();
}

}  // namespace

boost::asio::awaitable<Result<void>> list_models(Exchange& exchange) {
  json::Writer out;
  out.begin_object().field("object", "list").key("data").begin_array();
  for (const service::PublicModel& model : exchange.snapshot().planner.models().list()) write_model(out, model);
  out.end_array().end_object();
  co_return co_await exchange.send_json(out.take());
}

boost::asio::awaitable<Result<void>> show_model(Exchange& exchange) {
  const service::PublicModel* model = exchange.snapshot().planner.models().find(exchange.path_argument);
  if (!model)
    co_return fail(Error{.kind = ErrorKind::model_not_found, .public_text = "The model does not exist. GET /v1/models lists the names.", .param = "model"});
  json::Writer out;
  write_model(out, *model);
  co_return co_await exchange.send_json(out.take());
}

}  // namespace xrouter::server
