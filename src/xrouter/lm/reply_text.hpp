// The text of a growing reply as a client may see it: whole characters, and nothing that may become a stop text.
#pragma once

#include <string>
#include <vector>

#include "xrouter/tokenizer/tokenizer.hpp"

namespace xrouter::lm {

/// The first stop text that is complete ends the reply, byte for byte, however the tokens cut it; of several that
/// are complete at the same byte the longest counts. Not thread-safe.
class ReplyText {
 public:
  /// `skip_special`: special tokens have no text. Not under a grammar, where one that is written is meant.
  ReplyText(const tokenizer::Tokenizer& tokenizer, std::vector<std::string> stop, bool skip_special = true);

  /// The text that may be seen since the last call; nothing after a stop text.
  std::string add(tokenizer::TokenId id);
  /// The rest, when the reply ended otherwise than by a stop text.
  std::string finish();
  bool stopped() const { return stopped_; }
  /// Something was read that cannot be seen yet.
  bool holding() const;

 private:
  std::string release();

  tokenizer::StreamDecoder decoder_;
  std::vector<std::string> stop_;
  std::size_t longest_stop_ = 0;
  std::string held_;  ///< whole characters
  bool stopped_ = false;
};

}  // namespace xrouter::lm
