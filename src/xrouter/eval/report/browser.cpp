// The browser of single questions: what was asked, which way it went, what came back and what it cost.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "xrouter/eval/report/escape.hpp"
#include "xrouter/eval/report/parts.hpp"
#include "xrouter/json/writer.hpp"

namespace xrouter::eval::report {
namespace {

constexpr std::size_t kMaxShortBytes = 300;  // of extracted answers and reasons

using BySystem = std::vector<const SampleRecord*>;

std::map<std::pair<std::string, std::string>, BySystem> by_question(const RunData& run) {
  std::map<std::pair<std::string, std::string>, BySystem> out;
  for (const SampleRecord& record : run.records) out[{record.task, record.qid}].push_back(&record);
  return out;
}

// "a + b → strong (timeout) → c": calls of a turn side by side, turns in order.
std::string route_of(const SampleRecord& record) {
  std::string out;
  int turn = 0;
  for (const CallSample& call : record.calls) {
    if (!out.empty()) out += call.turn == turn ? " + " : " \xE2\x86\x92 ";
    turn = call.turn;
    out += call.model.empty() ? "(unknown model)" : call.model;
    if (call.status != CallStatus::ok) out += " (" + (call.error.empty() ? std::string(to_text(call.status)) : call.error) + ")";
  }
  return out.empty() ? "no call" : out;
}

// Evenly spaced, so that what is shown is no choice of ours.
std::vector<std::size_t> chosen(const std::vector<std::size_t>& from, std::size_t count) {
  if (from.size() <= count) return from;
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(from[i * from.size() / count]);
  return out;
}

class BrowserJson {
 public:
  BrowserJson(const View& view, const RunData& run, const HtmlOptions& options) : run_(run), options_(options) {
    for (const SystemText& system : view.summary().systems) system_index_.emplace(system.id, system_index_.size());
  }

  // False when the limit is reached: then nothing of the question is kept.
  bool add(const Question& question, const BySystem& records) {
    if (used_ > options_.max_browser_bytes) return false;
    json::Writer out;
    out.begin_object();
    out.field("t", question.task).field("id", clean_text(question.qid, kMaxShortBytes)).field("sub", clean_text(question.subset, kMaxShortBytes));
    out.field("p", clean_text(question.prompt, options_.max_prompt_bytes));
    if (!question.bare.empty() && question.bare != question.prompt) out.field("b", clean_text(question.bare.substr(0, kMaxShortBytes), kMaxShortBytes));
    const std::string* gold = question.gold.if_string();
    out.field("g", clean_text(gold ? *gold : grade::to_json(question.gold), options_.max_answer_bytes));
    out.key("s").begin_array();
    for (const SampleRecord* record : records) add_sample(out, *record);
    out.end_array();
    out.end_object();
    std::string text = out.take();
    used_ += text.size();
    questions_ += (questions_.empty() ? "" : ",\n") + text;
    ++count_;
    return true;
  }

  std::size_t count() const { return count_; }

  std::string finish(const View& view) const {
    json::Writer head;
    head.begin_object();
    head.key("tasks").begin_array();
    for (const BenchmarkUse& use : run_.questions.benchmarks) head.value(clean_text(use.spec.title.empty() ? use.spec.name : use.spec.title, kMaxShortBytes));
    head.end_array().key("systems").begin_array();
    for (const SystemText& system : view.summary().systems)
      head.begin_object().field("l", clean_text(system.label.empty() ? system.id : system.label, kMaxShortBytes)).field("k", to_text(system.kind)).field("m", view.is_minor(system.id)).end_object();
    head.end_array().key("texts").begin_array();
    for (const std::string& text : texts_) head.value(std::string_view(text));
    head.end_array().key("questions").value(RawJson{"[" + questions_ + "]"});
    head.end_object();
    return head.take();
  }

 private:
  void add_sample(json::Writer& out, const SampleRecord& record) {
    const auto system = system_index_.find(record.system);
    if (system == system_index_.end()) return;
    const GradeSample& grade = record.grade;
    out.begin_object().field("s", system->second).field("o", !grade.scored() ? 2 : grade.correct ? 1 : 0);
    out.field("sc", grade.scored() ? grade.score : 0.0).field("st", to_text(grade.status)).field("r", clean_text(route_of(record), kMaxShortBytes));
    out.field("by", to_text(record.source)).field("c", record.cost.known.to_decimal()).field("x", text_index(record.response));
    if (record.rollout > 0) out.field("n", record.rollout);
    if (!record.cost.complete) out.field("cu", true);
    if (record.confidence) out.field("cf", *record.confidence);
    if (!grade.extracted.empty()) out.field("e", clean_text(grade.extracted, kMaxShortBytes));
    if (!grade.reason.empty()) out.field("w", clean_text(grade.reason, kMaxShortBytes));
    if (!record.error.empty()) out.field("er", clean_text(record.error, kMaxShortBytes));
    if (record.truncated) out.field("cut", true);
    out.end_object();
  }

  // Baselines repeat the replies of single models: each text is kept once.
  int text_index(const std::string& key) {
    if (key.empty()) return -1;
    const auto [it, fresh] = text_indices_.emplace(key, static_cast<int>(texts_.size()));
    if (fresh) {
      texts_.push_back(clean_text(run_.response(key), options_.max_answer_bytes));
      used_ += texts_.back().size();
    }
    return it->second;
  }

  const RunData& run_;
  const HtmlOptions& options_;
  std::map<std::string, std::size_t> system_index_;
  std::map<std::string, int> text_indices_;
  std::vector<std::string> texts_;
  std::string questions_;
  std::size_t count_ = 0;
  std::size_t used_ = 0;
};

std::string controls(const View& view, const RunData& run) {
  std::string out = "<form id=\"filters\" autocomplete=\"off\"><label>Search <input type=\"search\" id=\"f-text\" placeholder=\"words of question or answer\"></label>";
  out += "<label>Benchmark <select id=\"f-task\"><option value=\"\">all</option>";
  for (std::size_t i = 0; i < run.questions.benchmarks.size(); ++i)
    out += fmt::format("<option value=\"{}\">{}</option>", i, html(run.questions.benchmarks[i].spec.title.empty() ? run.questions.benchmarks[i].spec.name : run.questions.benchmarks[i].spec.title));
  out += "</select></label><label>System <select id=\"f-system\"><option value=\"\">any</option>";
  for (std::size_t i = 0; i < view.summary().systems.size(); ++i) out += fmt::format("<option value=\"{}\">{}</option>", i, html(view.label(view.summary().systems[i].id)));
  out += "</select></label><label>Grade <select id=\"f-grade\"><option value=\"\">any</option><option value=\"1\">right</option><option value=\"0\">wrong</option><option value=\"2\">not scored</option></select></label>";
  return out + "</form><p id=\"found\" class=\"muted\" role=\"status\"></p><div id=\"list\"></div><button type=\"button\" id=\"more\" hidden>Show more</button>";
}

}  // namespace

std::string question_browser(const View& view, const RunData& run, const HtmlOptions& options) {
  const auto records = by_question(run);
  std::vector<std::vector<std::size_t>> per_task(run.questions.benchmarks.size());
  std::size_t answered = 0;
  for (std::size_t i = 0; i < run.questions.questions.size(); ++i) {
    const Question& question = run.questions.questions[i];
    if (!records.contains({run.questions.benchmarks[question.task].spec.name, question.qid})) continue;
    per_task[question.task].push_back(i);
    ++answered;
  }
  // In turns over the benchmarks: when the bytes run out, every one has had its share.
  const std::size_t quota = options.max_questions / std::max<std::size_t>(per_task.size(), 1);
  for (std::vector<std::size_t>& task : per_task) task = chosen(task, std::max<std::size_t>(quota, 1));
  BrowserJson json(view, run, options);
  bool room = true;
  for (std::size_t i = 0; room && i < options.max_questions; ++i) {
    for (const std::vector<std::size_t>& task : per_task) {
      if (i >= task.size() || !room || json.count() >= options.max_questions) continue;
      const Question& question = run.questions.questions[task[i]];
      room = json.add(question, records.at({run.questions.benchmarks[question.task].spec.name, question.qid}));
    }
  }
  const std::string note = fmt::format(
      "<p class=\"muted\">{} of {} answered questions are in this page, evenly spaced over each benchmark; prompts longer than {} bytes and answers longer than {} are cut. All of them are in the run's samples and responses files.</p>",
      json.count(), answered, options.max_prompt_bytes, options.max_answer_bytes);
  return note + controls(view, run) + "<noscript><p>The browser of single questions needs the script inside this page.</p></noscript><script type=\"application/json\" id=\"browser-data\">" +
         script_json(json.finish(view)) + "</script>";
}

}  // namespace xrouter::eval::report
