// Random schemas, random choices: every reply is JSON that follows its schema, and none gets stuck.
// With XROUTER_GRAMMAR_DUMP=<file> the schemas and replies are written there, one JSON object a line, for
// tests/golden/lm/grammar_check.py; XROUTER_GRAMMAR_SCHEMAS sets how many.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "xrouter/grammar/matcher.hpp"
#include "xrouter/grammar/random_schema.hpp"
#include "xrouter/grammar/schema/accepts.hpp"
#include "xrouter/json/parse.hpp"

namespace xrouter::grammar {
namespace {

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::shared_ptr<const tokenizer::Tokenizer> small_tokenizer() {
  const char* own = std::getenv("XROUTER_TOKENIZER_JSON");
  const auto tokenizer = tokenizer::Tokenizer::from_json(content_of(own ? own : XROUTER_SOURCE_DIR "/tests/golden/lm/tokenizer/llama3.json"));
  EXPECT_TRUE(tokenizer.has_value());
  return tokenizer ? *tokenizer : nullptr;
}

TokenId choose(const Step& step, Rng& rng) {
  if (!step.few.empty()) return step.few[rng.below(step.few.size())];
  std::vector<TokenId> all;
  for (std::size_t i = 0; i < step.many->words.size(); ++i)
    for (int bit = 0; bit < 64; ++bit)
      if ((step.many->words[i] >> bit) & 1) all.push_back(static_cast<TokenId>(i * 64) + bit);
  return all[rng.below(all.size())];
}

/// A whole reply; nothing when it got stuck or too long.
std::optional<std::string> random_reply(Matcher matcher, const tokenizer::Tokenizer& tokenizer, Rng& rng) {
  std::vector<TokenId> tokens;
  while (tokens.size() < 20'000) {
    const Step& step = matcher.next();
    if (step.finished() && !step.may_end) return std::nullopt;
    if (step.finished() || (step.may_end && rng.chance(0.5))) return tokenizer.decode(tokens);
    const TokenId token = choose(step, rng);
    if (!matcher.accept(token)) return std::nullopt;
    tokens.push_back(token);
  }
  return std::nullopt;
}

bool follows(const boost::json::value& schema, const boost::json::value& value) {
  const Document document(schema);
  Conjunctions conjunctions(document);
  const Result<bool> fits = Acceptance(document, conjunctions).accepts({&document.root()}, value);
  return fits && *fits;
}

TEST(SchemaProperty, every_reply_parses_and_follows_its_schema) {
  const auto tokenizer = small_tokenizer();
  ASSERT_NE(tokenizer, nullptr);
  const auto vocabulary = Vocabulary::make(tokenizer, {});
  const char* dump = std::getenv("XROUTER_GRAMMAR_DUMP");
  const char* wanted = std::getenv("XROUTER_GRAMMAR_SCHEMAS");
  std::ofstream out;
  if (dump) out.open(dump, std::ios::binary);
  const int schemas = wanted ? std::atoi(wanted) : 300;
  const JsonStyle style{.max_depth = 6, .max_string_bytes = 60, .max_items = 4};
  int compiled = 0;
  for (int i = 0; i < schemas; ++i) {
    Rng rng = Rng(1).fork("schema", static_cast<std::uint64_t>(i));
    const boost::json::value schema = RandomSchema(rng.fork("document")).document();
    const std::string text = json::raw(schema).text;
    Builder builder;
    const auto grammar = builder.build(builder.json(text, style));
    if (!grammar) {
      ASSERT_EQ(grammar.error().kind, ErrorKind::invalid_request);
      continue;
    }
    ++compiled;
    for (int reply = 0; reply < 3; ++reply) {
      const std::optional<std::string> written = random_reply(Matcher(*grammar, vocabulary), *tokenizer, rng);
      ASSERT_TRUE(written.has_value()) << text;
      const auto value = json::parse(*written);
      ASSERT_TRUE(value.has_value()) << text << "\n" << *written;
      EXPECT_TRUE(follows(schema, *value)) << text << "\n" << *written;
      if (dump) out << R"({"schema": )" << text << R"(, "reply": )" << json::quote(*written) << "}\n";
    }
  }
  EXPECT_GT(compiled, schemas * 9 / 10);
  std::printf("%d of %d schemas have values; 3 replies each\n", compiled, schemas);
}

}  // namespace
}  // namespace xrouter::grammar
