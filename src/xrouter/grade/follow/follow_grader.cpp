#include "xrouter/grade/follow/follow_grader.hpp"

#include <algorithm>
#include <optional>

#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/follow/instructions.hpp"

namespace xrouter::grade::follow {
namespace {

constexpr int kVersion = 1;
constexpr std::size_t kMaxReplyBytes = 256U << 10;  // eight variants of it are looked at

std::string_view name_of(KindSet set) {
  switch (set) {
    case KindSet::ifeval:
      return "ifeval";
    case KindSet::ifmulti:
      return "ifmulti";
    case KindSet::ifbench:
      return "ifbench";
  }
  return "follow";
}

// The originals let a text of characters that nobody sees pass for one.
bool says_nothing(TextView text, bool bug_compat) { return bug_compat ? is_blank(text) : is_invisible(text); }

/// Without the first line, without the last, without both; each, and the whole, also without stars.
std::vector<Text> loose_variants(TextView reply, bool bug_compat) {
  const std::size_t first = reply.find(U'\n');
  const std::size_t last = reply.rfind(U'\n');
  const bool one_line = first == TextView::npos;
  const TextView headless = one_line ? TextView() : reply.substr(first + 1);
  const TextView tailless = one_line ? TextView() : reply.substr(0, last);
  const TextView middle = one_line || first == last ? TextView() : reply.substr(first + 1, last - first - 1);
  std::vector<Text> out;
  for (const TextView variant : {reply, stripped(headless), stripped(tailless), stripped(middle)}) {
    out.emplace_back(variant);
    out.push_back(replaced(variant, U"*", U""));
  }
  std::erase_if(out, [bug_compat](const Text& variant) { return says_nothing(variant, bug_compat); });
  return out;
}

// The seed's score for no constraints at all is 0, but for a constraint without arguments 1.
bool is_empty_list(const Value& truth) {
  if (const std::string* text = truth.if_string()) {
    const auto parsed = parse_python(*text);
    return parsed && parsed->if_string() == nullptr && is_empty_list(*parsed);
  }
  return truth.if_list() != nullptr && truth.if_list()->items.empty();
}

struct Tally {
  std::size_t strict = 0;
  std::size_t loose = 0;
  std::string failed = {};  // ids, for the reason
};

class FollowGrader final : public Grader {
 public:
  FollowGrader(KindSet set, Dialect dialect) : set_(set), dialect_(std::move(dialect)) {}

  GraderInfo info() const override { return {.id = {std::string(name_of(set_)), kVersion, hash_of(dialect_)}}; }

  Result<void> validate(const Value& ground_truth, const Value& extra) const override {
    const auto read = read_instructions(ground_truth, extra, options());
    if (!read) return tl::unexpected(read.error());
    if (!read->unknown.empty()) return fail(ErrorKind::config, "unknown instruction '" + read->unknown + "'");
    const Subject probe(U"probe", are_patterns(extra), dialect_.bug_compat);
    for (const Instruction& instruction : read->items) {
      if (instruction.kind->check == nullptr) return fail(ErrorKind::config, missing(*instruction.kind));
      if (instruction.kind->check(probe, instruction.args) == Outcome::bad_target) {
        return fail(ErrorKind::config, std::string(instruction.kind->id) + ": an argument is not a regular expression");
      }
    }
    return {};
  }

  GradeResult do_grade(const GradeRequest& request, GradeContext& context) const override {
    return judge(request, context);
  }

 private:
  ReadOptions options() const { return {.set = set_, .bug_compat = dialect_.bug_compat}; }

  static std::string missing(const Kind& kind) { return std::string(kind.id) + " needs " + std::string(kind.needs); }

  bool are_patterns(const Value& extra) const {
    const Value* flag = extra.find("keywords_are_patterns");
    return dialect_.bug_compat || (flag != nullptr && flag->if_bool() != nullptr && *flag->if_bool());
  }

  // The seed takes what stands between the first and the second </think> for IFEval, all after the first for the others.
  std::optional<std::string_view> answer(std::string_view reply) const {
    constexpr std::string_view kEnd = "</think>";
    if (!dialect_.bug_compat) return extract::without_thinking(reply, dialect_.think);
    const std::size_t first = reply.find(kEnd);
    if (first == std::string_view::npos) return reply;
    const std::string_view rest = reply.substr(first + kEnd.size());
    return set_ == KindSet::ifeval ? rest.substr(0, rest.find(kEnd)) : rest;
  }

  GradeResult judge(const GradeRequest& request, const GradeContext& context) const {
    if (dialect_.bug_compat && request.extra.is_null())
      return ungraded(GradeStatus::target_error, "the seed cannot grade without extra fields");
    if (dialect_.bug_compat && set_ != KindSet::ifeval && is_empty_list(request.ground_truth)) return graded(false);
    const auto read = read_instructions(request.ground_truth, request.extra, options());
    if (!read) return ungraded(GradeStatus::target_error, read.error().public_text);
    if (!read->unknown.empty()) return ungraded(GradeStatus::unsupported, "unknown instruction '" + read->unknown + "'");
    for (const Instruction& instruction : read->items)
      if (instruction.kind->check == nullptr) return ungraded(GradeStatus::unsupported, missing(*instruction.kind));
    if (request.response.size() > kMaxReplyBytes) return with_parts(ungraded(GradeStatus::answer_limit, "the reply is too long"), 0, 0, 0);
    const auto reply = answer(request.response);
    Text text = decode(reply.value_or(std::string_view()));
    if (dialect_.bug_compat && set_ != KindSet::ifeval) text = Text(stripped(text));
    if (says_nothing(text, dialect_.bug_compat) && !read->items.empty()) return with_parts(ungraded(GradeStatus::no_answer, "the reply is empty"), 0, 0, 0);
    return tallied(*read, text, are_patterns(request.extra), context);
  }

  GradeResult tallied(const Instructions& read, const Text& text, bool patterns, const GradeContext& context) const {
    const Subject strict(text, patterns, dialect_.bug_compat);
    std::vector<Subject> variants;  // made when first needed
    Tally tally;
    for (const Instruction& instruction : read.items) {
      if (context.cancelled != nullptr && *context.cancelled) return ungraded(GradeStatus::cancelled, "cancelled");
      const Outcome held = instruction.kind->check(strict, instruction.args);
      if (held == Outcome::gave_up) return ungraded(GradeStatus::answer_timeout, std::string(instruction.kind->id) + ": too many steps");
      if (held == Outcome::bad_target) return ungraded(GradeStatus::target_error, std::string(instruction.kind->id) + ": bad expression");
      tally.strict += held == Outcome::holds ? 1 : 0;
      if (held == Outcome::fails) tally.failed += (tally.failed.empty() ? "fails " : ", ") + std::string(instruction.kind->id);
      if (held == Outcome::fails && variants.empty()) {
        for (Text& variant : loose_variants(text, dialect_.bug_compat)) variants.emplace_back(std::move(variant), patterns, dialect_.bug_compat);
      }
      const auto holds = [&](const Subject& variant) { return instruction.kind->check(variant, instruction.args) == Outcome::holds; };
      tally.loose += held == Outcome::holds || std::ranges::any_of(variants, holds) ? 1 : 0;
    }
    const bool all = tally.strict == read.items.size();
    return with_parts(graded(all, {}, {}, tally.failed), tally.strict, tally.loose, read.items.size());
  }

  static GradeResult with_parts(GradeResult result, std::size_t strict, std::size_t loose, std::size_t total) {
    const auto share = [total](std::size_t held) { return total == 0 ? 0.0 : static_cast<double>(held) / static_cast<double>(total); };
    result.parts = {
        {"loose", total > 0 && loose == total ? 1.0 : 0.0}, {"instructions_strict", share(strict)}, {"instructions_loose", share(loose)}};
    return result;
  }

  KindSet set_;
  Dialect dialect_;
};

}  // namespace

std::unique_ptr<Grader> make_follow_grader(KindSet set, const Dialect& dialect) { return std::make_unique<FollowGrader>(set, dialect); }

}  // namespace xrouter::grade::follow
