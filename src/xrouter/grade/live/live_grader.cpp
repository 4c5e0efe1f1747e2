#include "xrouter/grade/live/live_grader.hpp"

#include <array>
#include <optional>

#include "xrouter/grade/extract/extract.hpp"
#include "xrouter/grade/live/task.hpp"

namespace xrouter::grade::live {
namespace {

constexpr std::string_view kNewRulesSince = "2024-11-25";
constexpr std::size_t kMaxReplyBytes = 4U << 20;

const Task* task_named(std::string_view name) {
  for (const auto group : {data_tasks, reasoning_tasks, language_tasks})
    for (const Task& task : group())
      if (task.name == name) return &task;
  return nullptr;
}

std::string string_of(const Value& extra, std::string_view name) {
  const Value* value = extra.find(name);
  return value != nullptr && value->if_string() != nullptr ? *value->if_string() : std::string();
}

bool is_older(const Value& extra) {
  std::string date = string_of(extra, "date");
  if (date.empty()) date = string_of(extra, "livebench_release_date");
  return date < kNewRulesSince;  // the seed's data are of 2024-06 and 2024-07, and so are those without a date
}

std::string_view reason_of(GradeStatus status) {
  switch (status) {
    case GradeStatus::no_answer:
      return "no answer in any of the places the task allows";
    case GradeStatus::answer_parse_error:
      return "the box is broken";
    case GradeStatus::answer_limit:
      return "the reply is too long";
    case GradeStatus::answer_timeout:
      return "too many steps";
    case GradeStatus::target_error:
      return "the ground truth is not what the task needs";
    default:
      return "";
  }
}

class LiveGrader final : public Grader {
 public:
  explicit LiveGrader(Dialect dialect) : dialect_(std::move(dialect)) {}

  GraderInfo info() const override { return {.id = {"livebench", 1, hash_of(dialect_)}}; }

  Result<void> validate(const Value& ground_truth, const Value& extra) const override {
    const std::string name = string_of(extra, "task");
    const Task* task = task_named(name);
    if (task == nullptr)
      return fail(ErrorKind::config, name.empty() ? "extra.task is missing" : "LiveBench's task '" + name + "' has no grader");
    if (gold_of(*task, ground_truth)) return {};
    return fail(ErrorKind::config,
                name + ": the ground truth is " + (task->gold_is_object ? "no object with members" : "no text, or blank"));
  }

  GradeResult do_grade(const GradeRequest& request, GradeContext&) const override {
    return judge(request);
  }

 private:
  // nullopt: not usable.
  static std::optional<Text> gold_of(const Task& task, const Value& truth) {
    if (task.gold_is_object && truth.if_dict() != nullptr) {
      return truth.if_dict()->items.empty() ? std::nullopt : std::optional(Text());
    }
    const std::string* text = truth.if_string();
    if (text == nullptr || follow::is_blank(follow::decode(*text))) return std::nullopt;
    if (!task.gold_is_object) return follow::decode(*text);
    const auto parsed = parse_python(*text);
    if (!parsed || parsed->if_dict() == nullptr || parsed->if_dict()->items.empty()) return std::nullopt;
    return follow::decode(*text);
  }

  GradeResult judge(const GradeRequest& request) const {
    const std::string name = string_of(request.extra, "task");
    const Task* task = task_named(name);
    if (task == nullptr) {
      const bool seed_scores = dialect_.bug_compat && !name.empty() && name != "tableformat";
      return seed_scores ? graded(false, {}, {}, "the seed has no such task")
                         : ungraded(GradeStatus::unsupported, "no grader for the task '" + name + "'");
    }
    const auto gold = gold_of(*task, request.ground_truth);
    if (!gold) return ungraded(GradeStatus::target_error, "the ground truth is not what the task needs");
    if (request.response.size() > kMaxReplyBytes) return ungraded(GradeStatus::answer_limit, "the reply is too long");
    const auto reply = dialect_.bug_compat ? request.response : extract::without_thinking(request.response, dialect_.think);
    const Text text = follow::decode(reply.value_or(std::string_view()));
    if (follow::is_blank(text)) return ungraded(GradeStatus::no_answer, "the reply is empty");
    const Question question{.gold = *gold,
                            .truth = request.ground_truth,
                            .old_rules = dialect_.bug_compat || is_older(request.extra),
                            .bug_compat = dialect_.bug_compat};
    const Verdict verdict = task->score(question, text);
    if (verdict.status != GradeStatus::scored) return ungraded(verdict.status, std::string(reason_of(verdict.status)));
    return graded_share(verdict.score, verdict.score == 1, follow::encode(verdict.extracted));
  }

  Dialect dialect_;
};

}  // namespace

std::unique_ptr<Grader> make_live_grader(const Dialect& dialect) { return std::make_unique<LiveGrader>(dialect); }

}  // namespace xrouter::grade::live
