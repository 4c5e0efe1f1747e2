#include "xrouter/lm/reply_text.hpp"

#include <algorithm>

namespace xrouter::lm {

ReplyText::ReplyText(const tokenizer::Tokenizer& tokenizer, std::vector<std::string> stop, bool skip_special)
    : decoder_(tokenizer, skip_special), stop_(std::move(stop)) {
  for (const std::string& text : stop_) longest_stop_ = std::max(longest_stop_, text.size());
}

std::string ReplyText::add(tokenizer::TokenId id) {
  if (stopped_) return {};
  held_ += decoder_.add(id);
  return release();
}

std::string ReplyText::finish() {
  if (stopped_) return {};
  held_ += decoder_.finish();
  std::string text = release();
  if (!stopped_) text += held_;
  held_.clear();
  return text;
}

bool ReplyText::holding() const {
  if (stopped_) return false;
  tokenizer::StreamDecoder as_if_ended = decoder_;
  return !held_.empty() || !as_if_ended.finish().empty();
}

std::string ReplyText::release() {
  std::size_t begin = std::string::npos, end = std::string::npos;
  for (const std::string& stop : stop_) {
    const std::size_t at = held_.find(stop);
    if (at == std::string::npos) continue;
    const bool earlier = at + stop.size() < end || (at + stop.size() == end && at < begin);
    if (earlier || end == std::string::npos) begin = at, end = at + stop.size();
  }
  if (end != std::string::npos) {
    stopped_ = true;
    held_.resize(begin);
    return std::exchange(held_, {});
  }
  // What can still become a stop text is the longest end of the text that is the beginning of one.
  std::size_t keep = longest_stop_ == 0 ? 0 : std::min(held_.size(), longest_stop_ - 1);
  const auto may_become_stop = [&](std::size_t length) {
    const std::string_view tail = std::string_view(held_).substr(held_.size() - length);
    return std::any_of(stop_.begin(), stop_.end(), [&](const std::string& stop) { return stop.starts_with(tail); });
  };
  while (keep > 0 && !may_become_stop(keep)) --keep;
  std::string text = held_.substr(0, held_.size() - keep);
  held_.erase(0, text.size());
  return text;
}

}  // namespace xrouter::lm
