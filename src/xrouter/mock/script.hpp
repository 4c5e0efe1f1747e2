// Which behaviour answers which request: rules in order, the first that matches decides.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/catalog/price.hpp"
#include "xrouter/mock/behaviour.hpp"
#include "xrouter/mock/request.hpp"

namespace xrouter::mock {

/// All given conditions must hold. `*` in a pattern stands for any text.
struct Match {
  std::optional<std::string> model = {};   ///< pattern
  std::optional<std::string> prompt = {};  ///< part of the messages' text
  std::map<std::string, std::string> headers = {};  ///< name -> pattern
  std::optional<bool> stream = {};
  std::optional<int> turn = {};            ///< 1 = no assistant message after the last user message
  std::uint64_t nth_from = 0;              ///< 0 = any; counts requests that fulfil the rest of this rule, from 1
  std::uint64_t nth_to = 0;
};

struct Rule {
  std::string name;
  Match match;
  std::vector<Behaviour> steps;  ///< taken in turn; the last one repeats
  bool cycle = false;            ///< begin again after the last
};

struct Script {
  std::uint64_t seed = 1;
  std::map<std::string, Price> prices = {};  ///< model pattern -> price; what the mock charges
  Behaviour defaults = {};                   ///< what rules leave open
  std::vector<Rule> rules = {};
};

/// `{"seed", "prices", "defaults", "rules": [{"name", "when", "do", "cycle"}]}`; see docs/mock.md.
/// `defaults` is what the command line set. Errors: invalid_request with the path of the field.
Result<Script> parse_script(std::string_view text, Behaviour defaults = {});
/// One rule over `defaults`; `path` for errors.
Result<Rule> parse_rule(const boost::json::value& value, const std::string& path, const Behaviour& defaults);
/// "2.50" USD per million tokens as money per token. Error: config when it is not exact.
Result<Usd> price_per_token(std::string_view usd_per_million);

/// The built-in rules, `mock-429` and so on, as script text.
std::string_view preset_rules();

bool matches_pattern(std::string_view pattern, std::string_view text);

/// Chooses behaviours and counts. Single-threaded.
class ScriptRunner {
 public:
  /// The presets come after the script's own rules.
  explicit ScriptRunner(Script script);

  struct Choice {
    Behaviour behaviour;
    std::string rule;   ///< name, or "default"
    bool stable = false;  ///< the same request would get the same behaviour again
  };
  /// In this order: the header x-mock-script, a <mock>...</mock> in the last user text, the rules.
  /// Error: the header's or the prompt's script is wrong.
  Result<Choice> choose(const MockRequest& request, const net::Headers& headers);
  const Price* price_of(std::string_view model) const;
  const Script& script() const { return script_; }
  /// Counters back to zero.
  void reset();

 private:
  struct Counter {
    std::uint64_t seen = 0;
    std::uint64_t played = 0;
  };
  Result<std::optional<Choice>> inline_choice(const MockRequest& request, const net::Headers& headers) const;
  Script script_;
  std::vector<Counter> counters_;
};

}  // namespace xrouter::mock
