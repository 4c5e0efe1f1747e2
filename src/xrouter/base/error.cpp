#include "xrouter/base/error.hpp"

#include <array>

#include "xrouter/base/assert.hpp"

namespace xrouter {
namespace {

constexpr std::string_view kInvalid = "invalid_request_error";
constexpr std::string_view kServer = "server_error";

struct Row {
  ErrorKind kind;
  ErrorTraits traits;
};

// clang-format off
constexpr std::array<Row, kErrorKindCount> kTable{{
    {ErrorKind::invalid_request,       {400, kInvalid, "invalid_request", false, RetryClass::never, "invalid_request"}},
    {ErrorKind::context_length,        {400, kInvalid, "context_length_exceeded", false, RetryClass::never, "context_length"}},
    {ErrorKind::unauthenticated,       {401, "authentication_error", "invalid_api_key", false, RetryClass::never, "unauthenticated"}},
    {ErrorKind::permission_denied,     {403, "permission_error", "permission_denied", false, RetryClass::never, "permission_denied"}},
    {ErrorKind::not_found,             {404, kInvalid, "unknown_url", false, RetryClass::never, "not_found"}},
    {ErrorKind::model_not_found,       {404, kInvalid, "model_not_found", false, RetryClass::never, "model_not_found"}},
    {ErrorKind::question_not_recorded, {404, kInvalid, "question_not_recorded", false, RetryClass::never, "question_not_recorded"}},
    {ErrorKind::method_not_allowed,    {405, kInvalid, "method_not_allowed", false, RetryClass::never, "method_not_allowed"}},
    {ErrorKind::request_timeout,       {408, kInvalid, "request_timeout", false, RetryClass::never, "request_timeout"}},
    {ErrorKind::request_too_large,     {413, kInvalid, "request_too_large", false, RetryClass::never, "request_too_large"}},
    {ErrorKind::rate_limited,          {429, "rate_limit_error", "rate_limit_exceeded", true, RetryClass::never, "rate_limited"}},
    {ErrorKind::insufficient_quota,    {429, "insufficient_quota", "insufficient_quota", false, RetryClass::never, "insufficient_quota"}},
    {ErrorKind::upstream_unreachable,  {502, kServer, "upstream_unavailable", true, RetryClass::transient, "upstream_unreachable"}},
    {ErrorKind::upstream_rate_limited, {503, kServer, "upstream_rate_limited", true, RetryClass::busy, "upstream_rate_limited"}},
    {ErrorKind::upstream_credentials,  {502, kServer, "upstream_credentials_exhausted", false, RetryClass::credentials_dead, "upstream_credentials"}},
    {ErrorKind::upstream_rejected,     {502, kServer, "upstream_rejected", false, RetryClass::never, "upstream_rejected"}},
    {ErrorKind::upstream_invalid,      {502, kServer, "upstream_invalid", false, RetryClass::once, "upstream_invalid"}},
    {ErrorKind::content_filtered,      {400, kInvalid, "content_filter", false, RetryClass::never, "content_filtered"}},
    {ErrorKind::attempt_timeout,       {504, kServer, "upstream_timeout", true, RetryClass::transient, "attempt_timeout"}},
    {ErrorKind::stream_interrupted,    {502, kServer, "stream_interrupted", false, RetryClass::never, "stream_interrupted"}},
    {ErrorKind::overloaded,            {503, kServer, "overloaded", true, RetryClass::never, "overloaded"}},
    {ErrorKind::deadline_exceeded,     {504, kServer, "deadline_exceeded", false, RetryClass::never, "deadline_exceeded"}},
    {ErrorKind::cancelled,             {499, kServer, "cancelled", false, RetryClass::never, "cancelled"}},
    {ErrorKind::no_usable_answer,      {502, kServer, "no_usable_answer", false, RetryClass::never, "no_usable_answer"}},
    {ErrorKind::config,                {500, kServer, "configuration_error", false, RetryClass::never, "config"}},
    {ErrorKind::io,                    {500, kServer, "internal_error", false, RetryClass::never, "io"}},
    {ErrorKind::internal,              {500, kServer, "internal_error", false, RetryClass::never, "internal"}},
}};
// clang-format on

constexpr bool table_is_in_order() {
  for (int i = 0; i < kErrorKindCount; ++i)
    if (static_cast<int>(kTable[static_cast<std::size_t>(i)].kind) != i) return false;
  return true;
}
static_assert(table_is_in_order(), "one row per ErrorKind, in the enum's order");

}  // namespace

const ErrorTraits& traits_of(ErrorKind kind) noexcept {
  auto index = static_cast<std::size_t>(kind);
  XROUTER_ASSERT(index < kTable.size(), "an ErrorKind is one of the enumerators");
  return kTable[index].traits;
}

std::string_view label_of(ErrorKind kind) noexcept { return traits_of(kind).label; }

std::optional<ErrorKind> error_kind_of(std::string_view label) noexcept {
  for (const Row& row : kTable)
    if (row.traits.label == label) return row.kind;
  return std::nullopt;
}

std::string Error::describe() const {
  std::string text = public_text;
  if (!internal_text.empty()) text += (text.empty() ? "" : " ") + ("[" + internal_text + "]");
  return text;
}

}  // namespace xrouter
