#include "xrouter/upstream/probe.hpp"

#include "xrouter/json/parse.hpp"
#include "xrouter/wire/openai/codec.hpp"

namespace xrouter::upstream {
namespace {

// {"data": [{"id": "..."}, ...]}; anything else is no list.
std::optional<std::vector<std::string>> names_in(const std::string& body) {
  const auto value = json::parse(body);
  const auto* top = value ? value->if_object() : nullptr;
  const auto* data = top ? top->if_contains("data") : nullptr;
  const auto* list = data ? data->if_array() : nullptr;
  if (!list) return std::nullopt;
  std::vector<std::string> names;
  for (const auto& entry : *list) {
    const auto* model = entry.if_object();
    const auto* id = model ? model->if_contains("id") : nullptr;
    if (id && id->is_string()) names.emplace_back(id->get_string());
  }
  return names;
}

bool proves_presence(int status) { return status == 404 || status == 405 || status == 429; }

}  // namespace

boost::asio::awaitable<ProbeResult> probe(const Endpoint& endpoint, const Secret& api_key, net::HttpClient& http, CallScope& scope) {
  const TimePoint begun = scope.now();
  const net::HttpRequest request = make_models_request(endpoint, api_key);
  const Result<net::HttpResponse> response = co_await http.send(endpoint.origin, request, scope);
  ProbeResult result{.latency = scope.now() - begun};
  if (!response) {
    result.error = response.error();
    co_return result;
  }
  result.http_status = response->head.status;
  if (result.http_status == 200)
    result.models = names_in(response->body);
  else if (!proves_presence(result.http_status))
    result.error = wire::openai::classify_failure(result.http_status, response->body);
  co_return result;
}

}  // namespace xrouter::upstream
