#include "xrouter/chat_format/reply_parser.hpp"

#include <algorithm>

#include "xrouter/base/json_text.hpp"
#include "xrouter/json/parse.hpp"

namespace xrouter::chat_format {
namespace {

std::size_t blanks_at(std::string_view text, std::size_t from) {
  while (from < text.size() && ObjectScanner::is_blank(text[from])) ++from;
  return from;
}

std::size_t without_trailing_blanks(std::string_view text) {
  std::size_t size = text.size();
  while (size > 0 && ObjectScanner::is_blank(text[size - 1])) --size;
  return size;
}

// How many bytes can belong neither to a tag that has begun nor to the white space in front of it.
std::size_t bytes_before_tag(std::string_view text, std::string_view tag) {
  std::size_t partial = std::min(tag.size() - 1, text.size());
  while (!text.ends_with(tag.substr(0, partial))) --partial;
  return without_trailing_blanks(text.substr(0, text.size() - partial));
}

enum class Match { no, so_far, yes };

// A call without tags begins with its name.
Match begins_a_bare_call(std::string_view text) {
  std::size_t at = blanks_at(text, 0);
  for (const std::string_view part : {std::string_view("{"), std::string_view("\"name\""), std::string_view(":")}) {
    const std::string_view rest = text.substr(at);
    if (rest.size() < part.size()) return part.starts_with(rest) ? Match::so_far : Match::no;
    if (!rest.starts_with(part)) return Match::no;
    at = blanks_at(text, at + part.size());
  }
  return Match::yes;
}

// The value of a member as the model wrote it.
std::string written(std::string_view object, std::string_view key) {
  for (const JsonMember& member : json_members(object))
    if (member.name == key) return std::string(member.value);
  return {};
}

}  // namespace

ParsedReply StreamingReplyParser::add(std::string_view text) {
  held_ += text;
  while (step(false)) {
  }
  return take();
}

ParsedReply StreamingReplyParser::finish() {
  while (step(true)) {
  }
  give_text(held_.size());
  return take();
}

ParsedReply StreamingReplyParser::take() { return std::exchange(certain_, {}); }

bool StreamingReplyParser::step(bool ended) {
  switch (place_) {
    case Place::start:
      return step_start(ended);
    case Place::thinking:
      return step_thinking(ended);
    case Place::text:
      return step_text(ended);
    case Place::call:
      return step_call(ended);
    case Place::bare_call:
      return step_bare_call(ended);
    case Place::only_text:
      break;
  }
  if (trims_leading_) held_.erase(0, blanks_at(held_, 0));
  trims_leading_ = trims_leading_ && held_.empty();
  give_text(held_.size());
  return false;
}

bool StreamingReplyParser::step_start(bool ended) {
  const std::size_t first = blanks_at(held_, 0);
  const std::string_view rest = std::string_view(held_).substr(first);
  const std::string_view open = format_.thinking.open;
  if (rest.starts_with(open)) {
    held_.erase(0, first + open.size());
    place_ = Place::thinking;
    trims_leading_ = true;
    return true;
  }
  if (open.starts_with(rest) && !ended) return false;
  begin_text();
  return true;
}

bool StreamingReplyParser::step_thinking(bool ended) {
  if (trims_leading_) held_.erase(0, blanks_at(held_, 0));
  if (held_.empty()) return false;
  trims_leading_ = false;
  const std::string_view close = format_.thinking.close;
  const std::size_t at = held_.find(close);
  if (at == std::string::npos) {
    give_thinking(ended ? without_trailing_blanks(held_) : bytes_before_tag(held_, close));
    if (ended) held_.clear();
    return false;
  }
  give_thinking(without_trailing_blanks(std::string_view(held_).substr(0, at)));
  held_.erase(0, held_.find(close) + close.size());
  begin_text();
  trims_leading_ = true;
  return true;
}

void StreamingReplyParser::begin_text() {
  if (calls_ == CallsInReply::as_text)
    place_ = Place::only_text;
  else
    place_ = format_.call.open.empty() ? Place::bare_call : Place::text;
}

bool StreamingReplyParser::step_text(bool ended) {
  if (trims_leading_) held_.erase(0, blanks_at(held_, 0));
  if (held_.empty()) return false;
  trims_leading_ = false;
  const std::string_view open = format_.call.open;
  const std::size_t at = held_.find(open);
  if (at == std::string::npos) {
    give_text(ended ? held_.size() : bytes_before_tag(held_, open));
    return false;
  }
  const std::size_t text_bytes = without_trailing_blanks(std::string_view(held_).substr(0, at));
  give_text(text_bytes);
  tag_end_ = scanned_ = at - text_bytes + open.size();
  scanner_ = {};
  place_ = Place::call;
  return true;
}

bool StreamingReplyParser::step_call(bool ended) {
  using State = ObjectScanner::State;
  while (scanned_ < held_.size() && (scanner_.state() == State::before || scanner_.state() == State::inside))
    scanner_.feed(held_[scanned_++]);
  if (scanner_.state() != State::complete) {
    if (scanner_.state() != State::broken && !ended) return false;
    give_tag_as_text();
    return true;
  }
  const std::string_view close = format_.call.close;
  const std::size_t close_at = blanks_at(held_, scanned_);
  const std::string_view rest = std::string_view(held_).substr(close_at);
  const bool closed = rest.starts_with(close);
  if (!closed && close.starts_with(rest) && !ended) return false;
  // A model that ends its turn in the middle of the closing tag has said everything.
  const bool whole = closed || close.starts_with(rest);
  if (!whole || !give_call(std::string_view(held_).substr(tag_end_, scanned_ - tag_end_))) {
    give_tag_as_text();
    return true;
  }
  held_.erase(0, closed ? close_at + close.size() : held_.size());
  place_ = Place::text;
  trims_leading_ = true;
  return true;
}

bool StreamingReplyParser::step_bare_call(bool ended) {
  const Match match = begins_a_bare_call(held_);
  if (match != Match::no && !ended) return false;
  if (match == Match::yes && give_bare_calls()) return false;
  place_ = Place::only_text;
  return true;
}

bool StreamingReplyParser::give_bare_calls() {
  const std::size_t calls_before = certain_.tool_calls.size();
  std::size_t begin = 0;
  scanner_ = {};
  for (std::size_t i = 0; i < held_.size(); ++i) {
    const bool between = scanner_.state() == ObjectScanner::State::before;
    if (between && held_[i] == ';' && begin > 0) continue;
    if (between) begin = i;
    if (scanner_.feed(held_[i]) != ObjectScanner::State::complete) continue;
    if (!give_call(std::string_view(held_).substr(begin, i + 1 - begin))) break;
    scanner_ = {};
    begin = i + 1;
  }
  const bool all = scanner_.state() == ObjectScanner::State::before;
  if (all)
    held_.clear();
  else
    certain_.tool_calls.resize(calls_before);
  return all;
}

void StreamingReplyParser::give_tag_as_text() {
  give_text(tag_end_);
  place_ = Place::text;
}

void StreamingReplyParser::give_text(std::size_t bytes) {
  certain_.text.append(held_, 0, bytes);
  held_.erase(0, bytes);
}

void StreamingReplyParser::give_thinking(std::size_t bytes) {
  certain_.thinking.append(held_, 0, bytes);
  held_.erase(0, bytes);
}

bool StreamingReplyParser::give_call(std::string_view object) {
  const auto value = json::parse(object);
  if (!value) return false;
  json::ObjectReader in(*value);
  std::string name = in.string("name");
  const std::string key(in.has(format_.call.arguments_key) ? format_.call.arguments_key : "arguments");
  const bool has_arguments = in.optional_object(key) != nullptr;
  if (!in.ok() || !has_arguments || name.empty()) return false;
  const std::size_t first = object.find('{');
  certain_.tool_calls.push_back(
      {.id = made_up_call_id(calls_given_++), .name = std::move(name), .arguments = written(object.substr(first), key)});
  return true;
}

}  // namespace xrouter::chat_format
