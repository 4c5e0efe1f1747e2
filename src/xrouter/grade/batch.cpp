#include "xrouter/grade/batch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "xrouter/json/writer.hpp"

namespace xrouter::grade {
namespace {

using Graders = std::map<std::string, std::unique_ptr<Grader>, std::less<>>;

const Value* either(const Value& object, std::string_view name, std::string_view other_name) {
  const Value* found = object.find(name);
  return found ? found : object.find(other_name);
}

Result<std::string> text_field(const Value& object, std::string_view name, std::string fallback) {
  const Value* value = object.find(name);
  if (!value || value->is_null()) return fallback;
  if (const std::string* text = value->if_string()) return *text;
  if (const Number* number = value->if_number()) return number->text;
  return fail(ErrorKind::config, fmt::format("'{}' must be a text", name));
}

Result<Graders> graders_of(const std::vector<Answer>& answers, const Registry& registry, const Dialect& dialect) {
  Graders graders;
  for (const Answer& answer : answers) {
    if (graders.contains(answer.data_source)) continue;
    auto grader = registry.grader_for(answer.data_source, dialect);
    if (!grader) return fail(ErrorKind::config, answer.id + ": " + grader.error().public_text);
    graders.emplace(answer.data_source, std::move(*grader));
  }
  return graders;
}

Result<void> validate_all(const std::vector<Answer>& answers, const Graders& graders) {
  std::size_t bad = 0;
  std::string first;
  for (const Answer& answer : answers) {
    const auto valid = graders.find(answer.data_source)->second->validate(answer.ground_truth, answer.extra);
    if (!valid && bad++ == 0) first = answer.id + ": " + valid.error().public_text;
  }
  if (bad == 0) return {};
  return fail(ErrorKind::config, bad == 1 ? first : fmt::format("{} (and {} more ground truths that are not valid)", first, bad - 1));
}

// Hands out answers to workers and counts what is done.
class Work {
 public:
  Work(const std::vector<Answer>& answers, const Graders& graders, GradeContext& context, const BatchOptions& options)
      : answers_(answers), graders_(graders), context_(context), options_(options), results_(answers.size()) {}

  std::vector<GradeResult> run() {
    const auto count = static_cast<std::size_t>(std::clamp(options_.workers, 1, 64));
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < std::min(count, answers_.size()); ++i) threads.emplace_back([this] { drain(); });
    drain();
    threads.clear();
    return std::move(results_);
  }

 private:
  void drain() {
    for (std::size_t i = next_.fetch_add(1); i < answers_.size(); i = next_.fetch_add(1)) {
      results_[i] = grade(answers_[i]);
      report();
    }
  }

  GradeResult grade(const Answer& answer) {
    if (context_.cancelled && context_.cancelled->load()) return ungraded(GradeStatus::cancelled, "stopped");
    const GradeRequest request{.data_source = answer.data_source, .response = answer.response, .ground_truth = answer.ground_truth, .extra = answer.extra};
    GradeContext context = context_;
    return graders_.find(answer.data_source)->second->grade(request, context);
  }

  void report() {
    const std::lock_guard lock(progress_);
    ++done_;
    if (options_.progress) options_.progress(done_);
  }

  const std::vector<Answer>& answers_;
  const Graders& graders_;
  GradeContext& context_;
  const BatchOptions& options_;
  std::vector<GradeResult> results_;
  std::atomic<std::size_t> next_{0};
  std::mutex progress_;
  std::size_t done_ = 0;
};

void write_tests(json::Writer& out, const std::vector<TestOutcome>& tests) {
  if (tests.empty()) return;
  out.key("tests").begin_array();
  for (const TestOutcome& test : tests) {
    out.begin_object().field("status", to_text(test.status)).field("wall_ms", static_cast<std::int64_t>(test.wall.count()));
    if (!test.detail.empty()) out.field("detail", test.detail);
    out.end_object();
  }
  out.end_array();
}

void write_parts(json::Writer& out, const GradeResult& result) {
  if (result.parts.empty()) return;
  out.key("parts").begin_object();
  for (const auto& [name, share] : result.parts) out.field(name, share);
  out.end_object();
}

}  // namespace

Result<Answer> parse_answer(std::string_view line, std::size_t number, const std::string& data_source) {
  const auto object = parse_json(line);
  if (!object) return fail(ErrorKind::config, object.error().public_text);
  if (!object->if_dict()) return fail(ErrorKind::config, "must be an object");
  auto id = text_field(*object, "id", fmt::format("line {}", number));
  if (!id) return fail(id.error());
  auto source = text_field(*object, "data_source", data_source);
  if (!source) return fail(source.error());
  if (source->empty()) return fail(ErrorKind::config, "'data_source' is missing; name one for all with --data-source");
  const Value* response = either(*object, "response", "answer");
  if (!response || !response->if_string()) return fail(ErrorKind::config, "'response' must be a text");
  const Value* gold = either(*object, "ground_truth", "gold");
  if (!gold) return fail(ErrorKind::config, "'ground_truth' is missing");
  const Value* extra = either(*object, "extra", "extra_info");
  return Answer{.id = std::move(*id), .data_source = std::move(*source), .response = *response->if_string(), .ground_truth = *gold, .extra = extra ? *extra : Value()};
}

std::string to_json(const Answer& answer, const GradeResult& result) {
  json::Writer out;
  out.begin_object().field("id", answer.id).field("data_source", answer.data_source);
  out.field("status", to_text(result.status)).field("score", result.score).field("correct", result.correct);
  for (const auto& [name, text] : {std::pair("extracted", &result.extracted), std::pair("normalized", &result.normalized), std::pair("reason", &result.reason)}) {
    if (!text->empty()) out.field(name, *text);
  }
  write_parts(out, result);
  write_tests(out, result.tests);
  if (result.trust == Trust::in_process) out.field("trust", "in_process");
  return out.field("grader", result.grader.text()).end_object().take();
}

Result<std::vector<GradeResult>> grade_all(const std::vector<Answer>& answers, const Registry& registry, GradeContext& context, const BatchOptions& options) {
  auto graders = graders_of(answers, registry, options.dialect);
  if (!graders) return fail(graders.error());
  if (auto valid = validate_all(answers, *graders); !valid) return fail(valid.error());
  return Work(answers, *graders, context, options).run();
}

}  // namespace xrouter::grade
