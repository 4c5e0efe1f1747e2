#include <algorithm>
#include <array>
#include <boost/json/object.hpp>

#include "xrouter/json/parse.hpp"
#include "xrouter/json/writer.hpp"
#include "xrouter/wire/openai/clean_text.hpp"
#include "xrouter/wire/openai/codec.hpp"
#include "xrouter/wire/openai/source.hpp"

namespace xrouter::wire::openai {
namespace {
namespace bj = boost::json;

constexpr std::size_t kMaxParsedBytes = 64 * 1024;
constexpr std::string_view kUnspecific = "The server could not answer the request.";

template <std::size_t N>
bool mentions(std::string_view text, const std::array<std::string_view, N>& signs) {
  return std::any_of(signs.begin(), signs.end(), [&](std::string_view sign) { return text.find(sign) != std::string_view::npos; });
}

// Signs in `code` and `type`, lower case.
constexpr std::array<std::string_view, 4> kQuotaCodes{"insufficient_quota", "billing", "insufficient_balance", "credit"};
constexpr std::array<std::string_view, 2> kContextCodes{"context_length", "string_above_max_length"};
constexpr std::array<std::string_view, 4> kFilterCodes{"content_filter", "content_policy", "responsibleaipolicyviolation", "moderation"};
// Signs in the text, for servers without codes.
constexpr std::array<std::string_view, 4> kContextTexts{"maximum context length", "context window", "prompt is too long", "exceeds the context"};
constexpr std::array<std::string_view, 2> kQuotaTexts{"exceeded your current quota", "insufficient balance"};

struct VendorError {
  std::string codes;    ///< code and type
  std::string message;
};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

std::string string_member(const bj::object& object, bj::string_view name) {
  const bj::value* value = object.if_contains(name);
  const bj::string* text = value ? value->if_string() : nullptr;
  return text ? lower(std::string(view(*text))) : std::string();
}

// {"error": {...}}, {"error": "text"}, {"message", "code"}, {"detail": "text"}, [{"error": ...}], or anything else.
VendorError read_vendor_error(std::string_view body) {
  VendorError found;
  auto document = json::parse(body, {.max_bytes = kMaxParsedBytes, .max_depth = 32});
  if (!document) {
    found.message = lower(std::string(body.substr(0, kMaxLoggedBytes)));
    return found;
  }
  const bj::value* root = &*document;
  if (const auto* list = root->if_array(); list && !list->empty()) root = &list->front();
  const bj::object* object = root->if_object();
  if (!object) return found;
  const bj::value* inner = object->if_contains("error");
  if (inner && inner->is_string()) found.message = string_member(*object, "error");
  if (inner && inner->is_object()) object = inner->if_object();
  found.codes = string_member(*object, "code") + " " + string_member(*object, "type");
  found.message += string_member(*object, "message") + string_member(*object, "detail");
  return found;
}

ErrorKind kind_of(int status, const VendorError& error) {
  const bool quota = mentions(error.codes, kQuotaCodes) || mentions(error.message, kQuotaTexts);
  if (status == 401 || status == 402) return ErrorKind::upstream_credentials;
  if (status == 429) return quota ? ErrorKind::upstream_credentials : ErrorKind::upstream_rate_limited;
  if (status == 408 || status >= 500) return ErrorKind::upstream_unreachable;
  if (status < 400) return ErrorKind::upstream_invalid;
  if (mentions(error.codes, kFilterCodes)) return ErrorKind::content_filtered;
  if (status == 403) return ErrorKind::upstream_credentials;
  if (mentions(error.codes, kContextCodes) || mentions(error.message, kContextTexts)) return ErrorKind::context_length;
  return quota ? ErrorKind::upstream_credentials : ErrorKind::upstream_rejected;
}

std::string_view public_text_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::upstream_credentials: return "The upstream did not accept the server's credentials.";
    case ErrorKind::upstream_rate_limited: return "The upstream is rate limited.";
    case ErrorKind::upstream_unreachable: return "The upstream failed.";
    case ErrorKind::content_filtered: return "The upstream's content policy refused the request.";
    case ErrorKind::context_length: return "The prompt is too long for the model.";
    case ErrorKind::upstream_rejected: return "The upstream rejected the request.";
    default: return "The upstream's answer could not be used.";
  }
}

}  // namespace

std::string render_error(const Error& error) {
  json::Writer out;
  out.begin_object().key("error").begin_object();
  out.field("message", error.public_text.empty() ? kUnspecific : std::string_view(error.public_text));
  out.field("type", traits_of(error.kind).type).key("param");
  if (error.param.empty())
    out.null();
  else
    out.value(std::string_view(error.param));
  out.field("code", error.effective_code()).end_object().end_object();
  return out.take();
}

Error classify_failure(int http_status, std::string_view body) {
  const ErrorKind kind = kind_of(http_status, read_vendor_error(body));
  return {.kind = kind,
          .public_text = std::string(public_text_of(kind)),
          .internal_text = "HTTP " + std::to_string(http_status) + (body.empty() ? "" : ": " + clean_for_log(body))};
}

}  // namespace xrouter::wire::openai
