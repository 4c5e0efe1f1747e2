#include "xrouter/grade/math/strict_grader.hpp"

#include <algorithm>
#include <optional>

#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/math/candidates.hpp"
#include "xrouter/grade/math/decide.hpp"
#include "xrouter/grade/math/keys.hpp"
#include "xrouter/grade/math/parse.hpp"

namespace xrouter::grade::math {
namespace {

constexpr int kVersion = 1;

// A reply that is a JSON object, fenced or not, finished or not.
bool is_json_object(std::string_view reply) {
  reply = extract::trimmed(reply);
  if (reply.starts_with("```")) reply = extract::trimmed(reply.substr(std::min(reply.find('\n'), reply.size())));
  if (!reply.starts_with('{')) return false;
  reply = extract::trimmed(reply.substr(1));
  return reply.starts_with('"') || reply.starts_with('}');
}

std::string text_of(const Value& answer) {
  if (answer.if_string()) return *answer.if_string();
  if (answer.if_number()) return answer.if_number()->text;
  return answer.if_list() ? to_json(answer) : std::string();
}

// The "answer" of a reply in JSON, empty for an answer that is none (null). nullopt: the reply has no such
// member and is no object. Replies that break JSON's escapes ("\(x\)") are common: then the text between
// the quotes, as it stands.
std::optional<std::string> json_answer(std::string_view reply) {
  if (const auto json = extract::last_json(reply)) {
    if (const Value* answer = json->find("answer")) return text_of(*answer);
  }
  if (const auto text = extract::last_json_text(reply); text && names_twice(*text)) return std::string();  // two answers are none
  const std::optional<std::string> none = is_json_object(reply) ? std::optional(std::string()) : std::nullopt;
  constexpr std::string_view kMember = "\"answer\"";
  const std::size_t at = reply.rfind(kMember);
  if (at == std::string_view::npos) return none;
  const std::string_view member = extract::trimmed(reply.substr(at + kMember.size()));
  if (!member.starts_with(':')) return none;
  const std::string_view value = extract::trimmed(member.substr(1));
  if (!value.starts_with('"')) {
    const std::string_view word = extract::trimmed(value.substr(0, value.find_first_of(",}\n")));
    return word == "null" || word == "true" || word == "false" ? std::string() : std::string(word);
  }
  std::size_t close = 1;
  while (close < value.size() && value[close] != '"' && value[close] != '\n') close += value[close] == '\\' ? 2 : 1;
  return std::string(value.substr(1, std::min(close, value.size()) - 1));
}

std::optional<std::string> hashed_answer(std::string_view reply) {
  const std::size_t at = reply.rfind("####");
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = reply.substr(at + 4);
  return std::string(extract::trimmed(rest.substr(0, rest.find('\n'))));
}

bool is_list(const std::string& key) {
  const auto all = readings(key);
  return all && std::ranges::any_of(*all, [](const Node& node) {
           return node.kind == Kind::list || node.kind == Kind::set || node.kind == Kind::plus_minus;
         });
}

class StrictGrader final : public Grader {
 public:
  StrictGrader(const Dialect& dialect, Answers answers) : dialect_(dialect), answers_(answers) {}

  GraderInfo info() const override { return {.id = {.name = "math", .version = kVersion, .dialect = hash_of(dialect_)}}; }

  Result<void> validate(const Value& ground_truth, const Value&) const override {
    const auto keys = keys_of(ground_truth);
    if (keys.empty()) return fail(ErrorKind::config, "the ground truth of a mathematics question is a text, a number or a list of these");
    for (const std::string& key : keys) {
      if (extract::trimmed(key).empty()) return fail(ErrorKind::config, "the ground truth of a mathematics question is empty");
      const auto parsed = readings(answer_of_key(key));
      if (!parsed && is_limit(parsed.error()))
        return fail(ErrorKind::config, "the ground truth of a mathematics question is over a limit: " + parsed.error().public_text);
    }
    return {};
  }

  GradeResult do_grade(const GradeRequest& request, GradeContext&) const override {
    return verdict(request);
  }

 private:
  GradeResult verdict(const GradeRequest& request) const {
    const auto keys = keys_of(request.ground_truth);
    if (keys.empty()) return ungraded(GradeStatus::target_error, "the ground truth is neither text nor number");
    std::optional<GradeResult> best;
    for (const std::string& text : keys) {
      const std::string key = answer_of_key(text);
      if (extract::trimmed(key).empty()) return ungraded(GradeStatus::target_error, "the ground truth is empty");
      GradeResult result = against(key, request.response);
      if (result.correct) return result;
      if (!best) best = std::move(result);
    }
    return std::move(*best);
  }

  std::vector<std::string> answers_in(std::string_view reply, const std::string& key) const {
    const auto counted = extract::without_thinking(reply, dialect_.think);
    if (!counted) return {};
    std::optional<std::string> field;
    if (answers_ == Answers::json_field) {
      field = json_answer(*counted);
      if (field && extract::trimmed(*field).empty()) return {};
    }
    if (answers_ == Answers::hashes) field = hashed_answer(*counted);
    if (field && !extract::trimmed(*field).empty()) return candidates(*field, dialect_, is_list(key));
    return candidates(reply, dialect_, is_list(key));
  }

  // The most explicit answer that can be read decides; the rest of the reply is no second chance.
  GradeResult against(const std::string& key, std::string_view reply) const {
    const std::vector<std::string> answers = answers_in(reply, key);
    if (answers.empty()) return ungraded(GradeStatus::no_answer, "no answer in the reply");
    for (const std::string& answer : answers) {
      const Decision decision = decide(key, answer, dialect_);
      if (decision.parsed || decision.verdict == Verdict::equal || &answer == &answers.back()) return result_of(decision, answer, key);
    }
    return ungraded(GradeStatus::no_answer, "no answer in the reply");
  }

  static GradeResult result_of(const Decision& decision, const std::string& answer, const std::string& key) {
    switch (decision.verdict) {
      case Verdict::equal:
        return graded(true, answer, folded_words(answer), decision.reason);
      case Verdict::too_big:
        return ungraded(GradeStatus::answer_limit, decision.reason, answer);
      case Verdict::undecided:
        return undecided(decision, answer, key);
      case Verdict::different:
        break;
    }
    if (decision.parsed || !decision.key_parsed) return graded(false, answer, folded_words(answer), decision.reason);
    return ungraded(GradeStatus::answer_parse_error, decision.reason, answer);
  }

  // A key that is plain arithmetic can be compared with anything that is worth comparing: then it is the
  // answer that asked for too much, and leaving it unscored would reward that.
  static GradeResult undecided(const Decision& decision, const std::string& answer, const std::string& key) {
    const Decision of_key = decide(key, "0", Dialect{});
    const bool plain_key = of_key.verdict == Verdict::different || of_key.verdict == Verdict::equal;
    return ungraded(plain_key ? GradeStatus::answer_timeout : GradeStatus::unsupported, decision.reason, answer);
  }

  Dialect dialect_;
  Answers answers_;
};

}  // namespace

std::unique_ptr<Grader> make_strict(const Dialect& dialect, Answers answers) { return std::make_unique<StrictGrader>(dialect, answers); }

}  // namespace xrouter::grade::math
