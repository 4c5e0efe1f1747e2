#include "xrouter/grade/live/marks.hpp"

#include <algorithm>
#include <cstdint>

namespace xrouter::grade::live {
namespace {

std::size_t line_end(TextView text, std::size_t at) { return std::min(text.find(U'\n', at), text.size()); }

struct Run {
  std::size_t begin;
  std::size_t length;
  std::size_t longest_after;  // of the later runs in its line
};

std::vector<Run> runs_of_stars(TextView line) {
  std::vector<Run> out;
  for (std::size_t at = line.find(U'*'); at != TextView::npos; at = line.find(U'*', at)) {
    const std::size_t end = std::min(line.find_first_not_of(U'*', at), line.size());
    out.push_back({at, end - at, 0});
    at = end;
  }
  std::size_t longest = 0;
  for (auto run = out.rbegin(); run != out.rend(); ++run) {
    run->longest_after = longest;
    longest = std::max(longest, run->length);
  }
  return out;
}

// A run opens with as many stars as some later run can close; with half of itself when none can.
void add_starred(TextView line, std::vector<Bold>& out) {
  std::vector<Run> runs = runs_of_stars(line);
  for (std::size_t i = 0; i < runs.size();) {
    Run& run = runs[i];
    const std::size_t with_later = std::min(run.length, run.longest_after);
    const std::size_t stars = std::max(with_later, run.length / 2);
    if (stars < 2) {
      ++i;
      continue;
    }
    const TextView mark = line.substr(run.begin, stars);
    if (run.length >= 2 * stars) {
      out.push_back({mark, {}});
      run.begin += 2 * stars;
      run.length -= 2 * stars;
      continue;
    }
    std::size_t closing = i + 1;
    while (runs[closing].length < stars) ++closing;
    const std::size_t begin = run.begin + stars;
    out.push_back({mark, line.substr(begin, runs[closing].begin - begin)});
    runs[closing].begin += stars;
    runs[closing].length -= stars;
    i = closing;
  }
}

}  // namespace

// A part without an end in its line (or at all) leaves none of the later ones there an end either: so this is linear.
std::vector<TextView> between(TextView text, TextView open, TextView close, Lines lines) {
  std::vector<TextView> out;
  for (std::size_t at = text.find(open); at != TextView::npos;) {
    const std::size_t begin = at + open.size();
    const std::size_t limit = lines == Lines::any ? text.size() : line_end(text, begin);
    const std::size_t end = text.substr(0, limit).find(close, begin);
    if (end != TextView::npos) out.push_back(text.substr(begin, end - begin));
    at = text.find(open, end == TextView::npos ? limit : end + close.size());
  }
  return out;
}

std::vector<Bold> starred_parts(TextView text) {
  std::vector<Bold> out;
  for (const TextView line : follow::split(text, U"\n")) add_starred(line, out);
  return out;
}

std::vector<TextView> plain_bold(TextView text) {
  std::vector<TextView> out;
  for (std::size_t at = text.find(U"**"); at != TextView::npos;) {
    const std::size_t begin = at + 2;
    const std::size_t end = text.find(U'*', begin);
    if (end == TextView::npos) break;
    const bool closed = end > begin && text.substr(end).starts_with(U"**");
    if (closed) out.push_back(text.substr(begin, end - begin));
    at = text.find(U"**", closed ? end + 2 : at + 1);
  }
  return out;
}

SeedBox seed_box(TextView text) {
  constexpr TextView kSpaced = U"\\boxed ";
  if (const std::size_t at = text.rfind(kSpaced); at != TextView::npos) {
    const TextView rest = text.substr(at + kSpaced.size());
    return {SeedBox::State::found, Text(rest.substr(0, rest.find(U'$')))};
  }
  std::size_t begin = text.rfind(U"\\boxed");
  if (begin == TextView::npos) begin = text.rfind(U"\\fbox");
  if (begin == TextView::npos) return {};
  std::int64_t depth = 0;
  for (std::size_t at = begin; at < text.size(); ++at) {
    if (text[at] == '{') ++depth;
    if (text[at] != '}' || --depth != 0) continue;
    const Text box = follow::replaced(follow::replaced(text.substr(begin, at + 1 - begin), U"$", U""), U"fbox", U"boxed");
    if (!box.starts_with(U"\\boxed{")) return {SeedBox::State::broken, {}};
    return {SeedBox::State::found, box.substr(7, box.size() - 8)};
  }
  return {};
}

Text without_parts(TextView text, std::initializer_list<TextView> parts) {
  Text out(text);
  for (const TextView part : parts) out = follow::replaced(out, part, U"");
  return out;
}

}  // namespace xrouter::grade::live
