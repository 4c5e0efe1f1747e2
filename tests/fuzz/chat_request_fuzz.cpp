// Whatever is accepted as a request must be rendered as the same request.
#include <cstdint>

#include "xrouter/base/assert.hpp"
#include "xrouter/wire/openai/codec.hpp"

using namespace xrouter;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  auto request = wire::openai::parse_chat_request(body);
  if (!request) {
    XROUTER_ASSERT(request.error().kind == ErrorKind::invalid_request && !request.error().public_text.empty(), "a refusal says why");
    wire::openai::render_error(request.error());
    return 0;
  }
  last_user_text(*request);
  const std::string text = wire::openai::render_chat_request(*request, request->model, request->stream);
  const auto back = wire::openai::parse_chat_request(text);
  XROUTER_ASSERT(back.has_value(), "what we send is valid");
  request->routing = {};                     // never sent
  request->include_usage = request->stream;  // always asked for
  XROUTER_ASSERT(*back == *request, "what we send means what we received");
  XROUTER_ASSERT(wire::openai::render_chat_request(*back, back->model, back->stream) == text, "rendering is stable");
  return 0;
}
