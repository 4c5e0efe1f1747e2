#include "xrouter/host/token_logprobs.hpp"

#include <algorithm>
#include <cmath>

#include "xrouter/json/writer.hpp"

namespace xrouter::host {
namespace {

constexpr double kImpossible = -9999;  // what the protocol's inventors write for minus infinity

std::string readable(tokenizer::TokenId id, const tokenizer::Tokenizer& tokenizer) {
  tokenizer::StreamDecoder decoder(tokenizer, false);
  std::string text = decoder.add(id);
  return text + decoder.finish();
}

// Opens an object that the caller closes.
void write_token(json::Writer& out, tokenizer::TokenId id, float logprob, const tokenizer::Tokenizer& tokenizer) {
  out.begin_object().field("token", std::string_view(readable(id, tokenizer)));
  out.field("logprob", std::isfinite(logprob) ? static_cast<double>(logprob) : kImpossible);
  out.key("bytes").begin_array();
  for (const char c : tokenizer.bytes_of(id)) out.value(static_cast<int>(static_cast<unsigned char>(c)));
  out.end_array();
}

}  // namespace

RawJson render_logprobs(std::span<const lm::GeneratedToken> tokens, const tokenizer::Tokenizer& tokenizer, int top) {
  json::Writer out;
  out.begin_object().key("content").begin_array();
  for (const lm::GeneratedToken& token : tokens) {
    write_token(out, token.id, token.logprob, tokenizer);
    out.key("top_logprobs").begin_array();
    // Where a grammar leaves few, all of them are here.
    const std::span<const lm::Alternative> asked(token.top.data(), std::min(token.top.size(), static_cast<std::size_t>(top)));
    for (const lm::Alternative& other : asked) {
      write_token(out, other.token, other.logprob, tokenizer);
      out.end_object();
    }
    out.end_array().end_object();
  }
  out.end_array().key("refusal").null().end_object();
  return {.text = out.take()};
}

}  // namespace xrouter::host
