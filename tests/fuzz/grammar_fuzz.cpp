// Up to the first zero byte a schema, behind it the choices of a model: whatever is written is JSON, and no reply
// gets stuck.
#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "xrouter/base/assert.hpp"
#include "xrouter/grammar/fake_tokenizer.hpp"
#include "xrouter/grammar/matcher.hpp"
#include "xrouter/json/parse.hpp"

using namespace xrouter;
using grammar::TokenId;

namespace {

const std::shared_ptr<const tokenizer::Tokenizer>& tokenizer_of_all() {
  static const std::shared_ptr<const tokenizer::Tokenizer> tokenizer = std::make_shared<grammar::FakeTokenizer>(
      std::vector<std::string>{"\": ", "\"a", "\", \"", "{\"", "true", "tr", "null", "12", "1.", "e+", ", ", "\\u", "\\ud8", "é", "]}", "\"}", "hello"});
  return tokenizer;
}

const std::shared_ptr<const grammar::Vocabulary>& vocabulary() {
  static const auto all = grammar::Vocabulary::make(tokenizer_of_all(), {*tokenizer_of_all()->id_of("<end>")});
  return all;
}

TokenId choose(const grammar::Step& step, unsigned choice) {
  if (!step.few.empty()) return step.few[choice % step.few.size()];
  std::vector<TokenId> all;
  for (std::size_t i = 0; i < step.many->words.size(); ++i)
    for (std::uint64_t rest = step.many->words[i]; rest != 0; rest &= rest - 1) all.push_back(static_cast<TokenId>(i * 64) + std::countr_zero(rest));
  return all[choice % all.size()];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t schema_size = std::min(input.find('\0'), size);
  std::string_view choices = input.substr(schema_size);
  grammar::Builder builder;
  const grammar::JsonStyle style{.max_depth = 4, .max_string_bytes = 12, .max_items = 2};
  const auto built = builder.build(builder.json(input.substr(0, schema_size), style));
  if (!built) {
    XROUTER_ASSERT(built.error().kind == ErrorKind::invalid_request && !built.error().public_text.empty(), "a schema is the client's");
    return 0;
  }
  grammar::Matcher matcher(*built, vocabulary());
  std::string reply;
  for (int i = 0; i < 3'000; ++i) {
    const grammar::Step& step = matcher.next();
    const bool may_go_on = !step.finished();
    XROUTER_ASSERT(may_go_on || step.may_end, "no reply gets stuck");
    const unsigned choice = choices.empty() ? static_cast<unsigned>(i) : static_cast<unsigned>(choices[0]);
    if (!choices.empty()) choices.remove_prefix(1);
    if (step.may_end && (!may_go_on || choice % 3 == 0)) {
      XROUTER_ASSERT(json::parse(reply).has_value(), "a whole reply is JSON");
      return 0;
    }
    const TokenId token = choose(step, choice);
    XROUTER_ASSERT(matcher.accept(token), "what is allowed is accepted");
    reply += tokenizer_of_all()->bytes_of(token);
  }
  return 0;
}
