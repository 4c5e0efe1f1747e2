#include "xrouter/chat_format/compact_reply_parser.hpp"

#include <algorithm>
#include <utility>

#include "xrouter/chat_format/compact_texts.hpp"
#include "xrouter/json/parse.hpp"

namespace xrouter::chat_format {
namespace {

constexpr std::size_t kMaxName = 256;

bool may_become(std::string_view text, std::string_view token) { return text.size() < token.size() && token.starts_with(text); }

}  // namespace

bool is_compact_name(std::string_view name) {
  const auto belongs = [](char c) { return c != '<' && static_cast<unsigned char>(c) > ' '; };
  return !name.empty() && name.size() <= kMaxName && std::ranges::all_of(name, belongs);
}

ParsedReply CompactReplyParser::add(std::string_view text) {
  held_ += text;
  while (step(false)) {
  }
  return std::exchange(certain_, {});
}

ParsedReply CompactReplyParser::finish() {
  while (step(true)) {
  }
  return std::exchange(certain_, {});
}

bool CompactReplyParser::step(bool ended) {
  switch (place_) {
    case Place::start:
      return step_start(ended);
    case Place::calls:
      return step_calls(ended);
    case Place::arguments:
      return step_arguments(ended);
    case Place::text:
      break;
  }
  return step_text();
}

bool CompactReplyParser::step_start(bool ended) {
  const bool looks_for_calls = calls_ == CallsInReply::parsed;
  if (held_.starts_with(compact::kAnswer)) {
    held_.erase(0, compact::kAnswer.size());
    return go_on_as_text();
  }
  if (looks_for_calls && held_.starts_with(compact::kCall)) {
    place_ = Place::calls;
    return true;
  }
  const bool undecided = may_become(held_, compact::kAnswer) || (looks_for_calls && may_become(held_, compact::kCall));
  if (undecided && !ended) return false;
  return go_on_as_text();
}

bool CompactReplyParser::step_calls(bool ended) {
  if (!held_.starts_with(compact::kCall)) return (ended || !may_become(held_, compact::kCall)) && go_on_as_text();
  const std::size_t token = std::min(held_.find(compact::kTokenHead, compact::kCall.size()), held_.size());
  const std::string_view behind = std::string_view(held_).substr(token);
  const std::string_view name = std::string_view(held_).substr(compact::kCall.size(), token - compact::kCall.size());
  if (behind.empty() && !ended) return name.size() > kMaxName && go_on_as_text();
  if (!is_compact_name(name)) return go_on_as_text();
  if (behind.empty() || behind.starts_with(compact::kCall)) return give_call(token, compact::kNoArguments);
  name_end_ = token;
  if (behind.starts_with(compact::kFinal)) return give_call(token + compact::kFinal.size(), compact::kFinalArguments);
  if (behind.starts_with(compact::kArguments)) {
    scanned_ = token + compact::kArguments.size();
    scanner_ = {};
    place_ = Place::arguments;
    return true;
  }
  const bool undecided =
      may_become(behind, compact::kCall) || may_become(behind, compact::kFinal) || may_become(behind, compact::kArguments);
  return (ended || !undecided) && go_on_as_text();
}

bool CompactReplyParser::step_arguments(bool ended) {
  using State = ObjectScanner::State;
  const std::size_t begin = name_end_ + compact::kArguments.size();
  while (scanned_ < held_.size() && (scanner_.state() == State::before || scanner_.state() == State::inside))
    scanner_.feed(held_[scanned_++]);
  if (scanner_.state() != State::complete) return (ended || scanner_.state() == State::broken) && go_on_as_text();
  const std::string arguments = held_.substr(begin, scanned_ - begin);
  const auto value = json::parse(arguments);
  if (!value || !value->is_object()) return go_on_as_text();
  return give_call(scanned_, arguments);
}

bool CompactReplyParser::step_text() {
  certain_.text += std::exchange(held_, {});
  return false;
}

bool CompactReplyParser::give_call(std::size_t bytes, std::string_view arguments) {
  const std::size_t head = compact::kCall.size();
  const std::size_t name_end = std::min(held_.find(compact::kTokenHead, head), held_.size());
  certain_.tool_calls.push_back(
      {.id = made_up_call_id(calls_given_++), .name = held_.substr(head, name_end - head), .arguments = std::string(arguments)});
  held_.erase(0, bytes);
  place_ = Place::calls;
  return !held_.empty();
}

bool CompactReplyParser::go_on_as_text() {
  place_ = Place::text;
  return true;
}

}  // namespace xrouter::chat_format
