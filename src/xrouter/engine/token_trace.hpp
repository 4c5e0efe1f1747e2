// A decision of a language model as it was made: token by token. Carried by the engine, read by nobody but the policy
// that made it (the next prompt is these ids and new ones, nothing is decoded and encoded again) and by training.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace xrouter {

struct TokenTrace {
  struct Token {
    std::int32_t id = 0;
    float logprob = 0;       ///< natural, under the mask of what was allowed; 0 where nothing else was
    float free_logprob = 0;  ///< without the mask; NaN where it was not computed
    bool forced = false;     ///< the only token allowed: nothing was decided, and there is nothing to learn
    /// What it was chosen from where that was little: ascending, itself and allowed end tokens included; `logprob` is
    /// that of a softmax over these alone. Empty: forced, or chosen from so much that the whole vocabulary is taken for
    /// it, and training takes `free_logprob`.
    std::vector<std::int32_t> choices = {};
  };
  /// One thing that could have been done, and how likely it was.
  struct Alternative {
    std::string action;  ///< a tool's name, or "" for an answer in plain text
    double probability = 0;
  };

  std::string policy_version;          ///< weights and adapter; traces of another version are not continued
  std::vector<std::int32_t> prompt;    ///< every token in front of the reply
  std::vector<Token> reply;            ///< the end token included when the model wrote one
  bool ended = false;                  ///< the last token of `reply` is the end token
  std::vector<Alternative> alternatives = {};  ///< to the first action of the reply, itself included; may be empty
};

}  // namespace xrouter
