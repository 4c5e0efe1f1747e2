#include "xrouter/trainer/shards.hpp"

#include <algorithm>
#include <charconv>

namespace xrouter::trainer {
namespace {

// A message: "E kind text" of an error, or "R" and each result behind its length and a blank.
std::string written(const Error& error) { return "E" + std::string(label_of(error.kind)) + " " + error.describe(); }

Error error_of(std::string_view message) {
  const std::size_t blank = message.find(' ');
  const auto kind = error_kind_of(message.substr(1, blank - 1)).value_or(ErrorKind::internal);
  return {.kind = kind, .public_text = blank == std::string_view::npos ? "another process failed" : std::string(message.substr(blank + 1))};
}

Result<std::vector<std::string>> parts_of(std::string_view message) {
  std::vector<std::string> parts;
  message.remove_prefix(1);
  while (!message.empty()) {
    std::size_t length = 0;
    const auto [end, problem] = std::from_chars(message.data(), message.data() + message.size(), length);
    const std::size_t head = static_cast<std::size_t>(end - message.data()) + 1;
    if (problem != std::errc{} || head + length > message.size()) return fail(ErrorKind::io, "what another process sent cannot be read");
    parts.emplace_back(message.substr(head, length));
    message.remove_prefix(head + length);
  }
  return parts;
}

/// This process's results, or its first error, as one message.
std::string own_message(const learner::Collective& ranks, std::size_t count, const std::function<Result<std::string>(std::size_t)>& make) {
  std::string message = "R";
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_mine(ranks, i)) continue;
    const auto made = make(i);
    if (!made) return written(made.error());
    message += std::to_string(made->size()) + " " + *made;
  }
  return message;
}

}  // namespace

Result<std::vector<std::string>> gather_shards(learner::Collective& ranks, std::size_t count,
                                               const std::function<Result<std::string>(std::size_t)>& make) {
  auto messages = ranks.gather(own_message(ranks, count, make));
  if (!messages) return fail(messages.error());
  std::vector<std::vector<std::string>> by_rank;
  for (const std::string& message : *messages) {
    if (message.starts_with('E')) return fail(error_of(message));
    auto parts = parts_of(message);
    if (!parts) return fail(parts.error());
    by_rank.push_back(std::move(*parts));
  }
  std::vector<std::string> all;
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<std::string>& parts = by_rank[i % by_rank.size()];
    const std::size_t place = i / by_rank.size();
    if (place >= parts.size()) return fail(ErrorKind::io, "another process sent fewer results than it had to");
    all.push_back(std::move(parts[place]));
  }
  return all;
}

Result<bool> any_of(learner::Collective& ranks, bool mine) {
  double count = mine ? 1 : 0;
  if (auto summed = ranks.sum(std::span(&count, 1)); !summed) return fail(summed.error());
  return count > 0;
}

Result<double> max_of(learner::Collective& ranks, double mine) {
  std::vector<double> each(static_cast<std::size_t>(ranks.size()), 0);
  each[static_cast<std::size_t>(ranks.rank())] = mine;
  if (auto summed = ranks.sum(std::span(each)); !summed) return fail(summed.error());
  return *std::max_element(each.begin(), each.end());
}

Result<std::string> from_first(learner::Collective& ranks, const std::string& mine) {
  auto all = ranks.gather(ranks.rank() == 0 ? mine : std::string());
  if (!all) return fail(all.error());
  return std::move(all->front());
}

Result<void> agree(learner::Collective& ranks, const Result<void>& mine) {
  auto all = ranks.gather(mine ? std::string("R") : written(mine.error()));
  if (!all) return fail(all.error());
  for (const std::string& message : *all)
    if (message.starts_with('E')) return fail(error_of(message));
  return {};
}

}  // namespace xrouter::trainer
