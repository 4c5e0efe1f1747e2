// For tests: random grammars over the toy tokenizer, as replies of a router look: names, keys, texts, choices.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "xrouter/base/rng.hpp"
#include "xrouter/grammar/grammar.hpp"
#include "xrouter/lm/toy_tokenizer.hpp"

namespace xrouter::lm {

class ToyGrammars {
 public:
  ToyGrammars(const ToyTokenizer& tokenizer, std::uint64_t seed) : tokenizer_(tokenizer), rng_(seed) {}

  std::shared_ptr<const grammar::Grammar> next() {
    grammar::Piece root = piece(3);
    if (rng_.chance(0.5)) root = builder_.sequence({root, piece(3), piece(2)});
    auto built = builder_.build(root);
    EXPECT_TRUE(built.has_value()) << (built ? "" : built.error().describe());
    return built ? *built : nullptr;
  }

 private:
  grammar::Piece piece(int depth) {
    switch (rng_.below(depth > 0 ? 9 : 3)) {
      case 0:
      case 1: return builder_.literal(literal());
      case 2: return rng_.chance(0.3) ? builder_.token(*tokenizer_.id_of("<call>")) : names();
      case 3: return builder_.sequence({piece(depth - 1), piece(depth - 1), piece(depth - 1)});
      case 4: return builder_.choice({piece(depth - 1), piece(depth - 1)});
      case 5: {
        const int min = static_cast<int>(rng_.below(2));
        return builder_.repeat(builder_.sequence({builder_.literal("-"), piece(depth - 1)}), min, min + 1 + static_cast<int>(rng_.below(2)));
      }
      case 6: return builder_.text({"\"", "<call>"}, 1 + static_cast<int>(rng_.below(12)), rng_.chance(0.5));
      case 7: return builder_.json(schemas()[rng_.below(schemas().size())]);
      default: return builder_.sequence({builder_.literal("{\"name\": \""), names(), builder_.literal("\", \"model\": "), piece(depth - 1), builder_.literal("\"}")});
    }
  }
  grammar::Piece names() {
    static const std::vector<std::string> all{"gpt-4", "gpt-4o", "gpt-4o-mini", "gpt-3", "claude", "abc", "abcab", "model", "true"};
    std::vector<grammar::Piece> some;
    for (const std::string& name : all) {
      if (rng_.chance(0.5)) some.push_back(builder_.literal(name));
    }
    return some.empty() ? builder_.literal("none") : builder_.choice(std::move(some));
  }
  std::string literal() {
    static const std::vector<std::string> parts{"the", " ", "ab", "c", "\": \"", "model", "gpt", "-4", "\xc3\xa9", "{\"", "\n"};
    std::string text;
    for (std::uint64_t i = 1 + rng_.below(5); i > 0; --i) text += parts[rng_.below(parts.size())];
    return text;
  }
  static const std::vector<std::string>& schemas() {
    static const std::vector<std::string> all{
        R"({"type":"boolean"})",
        R"({"enum":["low","medium","high"]})",
        R"({"type":"integer","minimum":0,"maximum":12})",
        R"({"type":"object","properties":{"name":{"enum":["gpt-4","gpt-4o"]},"the":{"type":"boolean"}},"required":["name"],"additionalProperties":false})",
        R"({"type":"array","items":{"enum":["a","ab"]},"maxItems":2})",
        R"({"type":"string","maxLength":4})",
    };
    return all;
  }

  const ToyTokenizer& tokenizer_;
  Rng rng_;
  grammar::Builder builder_;
};

}  // namespace xrouter::lm
