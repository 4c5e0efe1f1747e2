#include "xrouter/mock/mock_upstream.hpp"

#include <algorithm>
#include <cctype>

#include "xrouter/json/parse.hpp"
#include "xrouter/json/writer.hpp"
#include "xrouter/mock/player.hpp"

namespace xrouter::mock {
namespace {

constexpr std::size_t kMaxKnownPlans = 1024;
constexpr std::size_t kMaxKnownBytes = 256 * 1024;
constexpr std::int64_t kModelsCreated = 1'760'000'000;
constexpr std::string_view kChatRoute = "/chat/completions";

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

std::size_t bytes_of(const Plan& plan) {
  std::size_t bytes = 0;
  for (const std::string& piece : plan.pieces) bytes += piece.size();
  return bytes;
}

bool secret_header(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name == "authorization" || name == "api-key" || name == "x-api-key";
}

std::shared_ptr<const Plan> refusal(const Error& error) {
  auto plan = std::make_shared<Plan>();
  plan->rule = "invalid";
  plan->status = 400;
  plan->headers.set("content-type", "application/json");
  MockError shown{.message = error.public_text};
  if (!error.param.empty()) shown.param = error.param;
  plan->pieces = {error_body(plan->status, shown)};
  return plan;
}

}  // namespace

/// The handler of one connection: it knows the stream, so that faults can be done to it.
class MockConnection final : public net::HttpHandler {
 public:
  MockConnection(MockUpstream& owner, net::ByteStream& stream) : owner_(owner), stream_(stream) {}

  boost::asio::awaitable<void> handle(net::HttpRequest request, net::ResponseWriter& response, CallScope& scope) override {
    const std::string_view path = path_of(request.target);
    if (request.method == "POST" && path.ends_with(kChatRoute)) {
      co_await chat(std::move(request), response, scope);
      co_return;
    }
    int status = 200;
    std::string body = answer_of(request, path, status);
    net::Headers headers;
    headers.set("content-type", "application/json");
    co_await response.send(status, std::move(headers), std::move(body));
  }

  net::HttpResponse reject(const Error& error) override {
    if (error.kind != ErrorKind::internal) owner_.stats_.invalid_request();  // internal: a connection that the script broke
    net::HttpResponse response;
    response.head.status = traits_of(error.kind).http_status;
    response.head.headers.set("content-type", "application/json");
    response.body = error_body(response.head.status, {.message = error.public_text});
    return response;
  }

 private:
  boost::asio::awaitable<void> chat(net::HttpRequest request, net::ResponseWriter& response, CallScope& scope) {
    const std::shared_ptr<const Plan> plan = owner_.plan_for(request);
    owner_.record(std::move(request));
    owner_.stats_.begin(*plan);
    const Rng rng = owner_.rng_.fork("request", owner_.stats_.started());
    Player player(*plan, response, stream_, scope, rng);
    const Outcome outcome = co_await player.play();
    owner_.stats_.end(*plan, outcome, owner_.runner_.price_of(plan->model));
  }

  std::string answer_of(const net::HttpRequest& request, std::string_view path, int& status) {
    if (request.method == "GET" && path == "/__stats") return owner_.stats_.to_json();
    if (request.method == "GET" && path == "/__requests") return owner_.recorded_json();
    if (request.method == "GET" && path == "/health") return R"({"status":"ok"})";
    if (request.method == "GET" && path.ends_with("/models")) return owner_.models_json();
    if (request.method == "POST" && path == "/__reset") {
      owner_.reset();
      return "{}";
    }
    status = 404;
    return error_body(status, {.message = "The mock has no such route.", .code = "not_found"});
  }

  MockUpstream& owner_;
  net::ByteStream& stream_;
};

MockUpstream::MockUpstream(Script script, MockOptions options)
    : runner_(std::move(script)), options_(std::move(options)), rng_(runner_.script().seed) {}

boost::asio::awaitable<void> MockUpstream::serve(std::unique_ptr<net::ByteStream> stream, CallScope& connection, CallScope& accepting) {
  stats_.connection_opened();
  MockConnection handler(*this, *stream);
  co_await net::serve_connection(std::move(stream), handler, options_.limits, connection, accepting);
}

std::shared_ptr<const Plan> MockUpstream::plan_for(const net::HttpRequest& request) {
  const bool own_script = request.headers.has("x-mock-script");
  if (!own_script) {
    auto known = known_.find(request.body);
    if (known != known_.end()) return known->second;
  }
  bool stable = false;
  std::shared_ptr<const Plan> plan = make_plan_for(request, stable);
  if (!stable || own_script || bytes_of(*plan) > kMaxKnownBytes || request.body.size() > kMaxKnownBytes) return plan;
  if (known_.size() >= kMaxKnownPlans) known_.clear();
  known_.emplace(request.body, plan);
  return plan;
}

std::shared_ptr<const Plan> MockUpstream::make_plan_for(const net::HttpRequest& request, bool& stable) {
  auto parsed = read_request(request.body);
  if (!parsed) {
    stats_.invalid_request();
    return refusal(parsed.error());
  }
  auto choice = runner_.choose(*parsed, request.headers);
  if (!choice) {
    stats_.invalid_request();
    return refusal(choice.error());
  }
  stable = choice->stable;
  auto plan = std::make_shared<Plan>(make_plan(*parsed, choice->behaviour));
  plan->rule = std::move(choice->rule);
  return plan;
}

void MockUpstream::record(net::HttpRequest request) {
  if (options_.recorded_requests == 0) return;
  if (recorded_.size() >= options_.recorded_requests) recorded_.pop_front();
  recorded_.push_back(std::move(request));
}

std::string MockUpstream::recorded_json() const {
  json::Writer out;
  out.begin_object().key("requests").begin_array();
  for (const net::HttpRequest& request : recorded_) {
    out.begin_object().field("method", request.method).field("target", request.target).key("headers").begin_object();
    for (const net::Header& header : request.headers.list()) out.field(header.name, secret_header(header.name) ? std::string("***") : header.value);
    out.end_object();
    auto body = json::parse(request.body);
    out.key("body");
    if (body)
      out.value(RawJson{.text = request.body});
    else
      out.null();
    out.end_object();
  }
  out.end_array().end_object();
  return out.take();
}

std::string MockUpstream::models_json() const {
  std::vector<std::string> names;
  for (const auto& [model, price] : runner_.script().prices) {
    if (model.find('*') == std::string::npos) names.push_back(model);
  }
  for (const Rule& rule : runner_.script().rules) {
    if (rule.match.model && rule.match.model->find('*') == std::string::npos) names.push_back(*rule.match.model);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  json::Writer out;
  out.begin_object().field("object", "list").key("data").begin_array();
  for (const std::string& name : names)
    out.begin_object().field("id", name).field("object", "model").field("created", kModelsCreated).field("owned_by", "mock").end_object();
  out.end_array().end_object();
  return out.take();
}

void MockUpstream::reset() {
  stats_.reset();
  runner_.reset();
  recorded_.clear();
}

}  // namespace xrouter::mock
