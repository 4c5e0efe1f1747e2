#include "xrouter/corpus/record.hpp"

#include <algorithm>
#include <boost/json/array.hpp>

#include "xrouter/corpus/text_key.hpp"
#include "xrouter/json/parse.hpp"
#include "xrouter/json/writer.hpp"

namespace xrouter::corpus {
namespace {

constexpr std::size_t kMaxOptions = 64;

Error config_error(const Error& cause) {
  return {.kind = ErrorKind::config, .public_text = "Bad corpus record: " + cause.public_text, .internal_text = cause.internal_text};
}

void write_outcome(json::Writer& out, const RecordedOutcome& outcome) {
  out.key(outcome.model).begin_object();
  out.field("correct", outcome.correct ? 1 : 0);
  out.key("answer");
  outcome.answer ? out.value(*outcome.answer) : out.null();
  out.field("in_tok", outcome.in_tok).field("out_tok", outcome.out_tok).field("response", outcome.response);
  out.end_object();
}

Result<RecordedOutcome> read_outcome(std::string_view model, const boost::json::value& value) {
  json::ObjectReader in(value, "outcomes." + std::string(model));
  RecordedOutcome out;
  out.model = model;
  out.correct = in.integer("correct", 0, 1) == 1;
  out.answer = in.optional_string("answer");
  out.in_tok = in.integer("in_tok", 0, kMaxTokensPerReply);
  out.out_tok = in.integer("out_tok", 0, kMaxTokensPerReply);
  out.response = in.string("response");
  if (!in.ok()) return fail(in.error());
  return out;
}

// Almost every key is a text; the allowed calls of a question are a value of their own.
void read_gold(json::ObjectReader& in, Question& q) {
  const boost::json::value* gold = in.object().if_contains("gold");
  if (!gold || gold->is_string()) {
    q.gold = in.string("gold");
    return;
  }
  q.gold = json::raw(*gold).text;
  q.gold_is_json = true;
}

void write_options(json::Writer& out, const Question& q) {
  if (q.options.empty()) return;
  out.key("options").begin_array();
  for (const std::string& option : q.options) out.value(option);
  out.end_array();
}

std::vector<std::string> read_options(json::ObjectReader& in) {
  std::vector<std::string> out;
  const boost::json::array* options = in.optional_array("options", kMaxOptions);
  if (!options) return out;
  for (const boost::json::value& option : *options) {
    if (const auto* text = option.if_string())
      out.emplace_back(text->data(), text->size());
    else
      in.fail_at("options", "must hold strings only");
  }
  return out;
}

}  // namespace

const RecordedOutcome* Record::find(std::string_view model) const {
  auto it = std::find_if(outcomes.begin(), outcomes.end(), [&](const RecordedOutcome& o) { return o.model == model; });
  return it == outcomes.end() ? nullptr : &*it;
}

std::string ground_truth_json(const Question& question) { return question.gold_is_json ? question.gold : json::quote(question.gold); }

std::string grader_extra_json(const Question& question) {
  json::Writer out;
  out.begin_object().field("source", question.source);
  write_options(out, question);
  if (!question.functions.empty()) out.key("functions").value(RawJson{question.functions});
  if (question.source == "java" || question.source == "javascript") out.field("language", question.source);
  return out.end_object().take();
}

Question read_question(json::ObjectReader& in) {
  Question q;
  q.qid = in.string("qid");
  q.source = in.string("source");
  q.domain = in.string("domain");
  q.category = in.optional_string("category").value_or("");
  q.question = in.string("question");
  read_gold(in, q);
  q.grader = in.string("grader");
  q.options = read_options(in);
  if (const auto functions = in.optional_raw("functions")) q.functions = functions->text;
  q.prompt = q.functions.empty() || in.has("prompt") ? in.string("prompt") : q.question + "\n\nFunctions:\n" + q.functions;
  return q;
}

void write_question(json::Writer& out, const Question& q) {
  out.field("qid", q.qid).field("source", q.source).field("domain", q.domain);
  if (!q.category.empty()) out.field("category", q.category);
  out.field("question", q.question).field("prompt", q.prompt).key("gold").value(RawJson{ground_truth_json(q)}).field("grader", q.grader);
  write_options(out, q);
  if (!q.functions.empty()) out.key("functions").value(RawJson{q.functions});
}

std::string to_line(const Record& record) {
  json::Writer out;
  out.begin_object();
  write_question(out, record.question);
  out.key("outcomes").begin_object();
  for (const RecordedOutcome& outcome : record.outcomes) write_outcome(out, outcome);
  out.end_object().end_object();
  return out.take();
}

Result<Record> parse_record(std::string_view line) {
  auto value = json::parse(line);
  if (!value) return fail(config_error(value.error()));
  json::ObjectReader in(*value);
  Record record;
  record.question = read_question(in);
  if (!in.ok()) return fail(config_error(in.error()));
  const boost::json::object* outcomes = in.optional_object("outcomes");
  if (!outcomes) return fail(ErrorKind::config, "Bad corpus record: 'outcomes' must be an object.");
  record.outcomes.reserve(outcomes->size());
  for (const auto& [model, content] : *outcomes) {
    auto outcome = read_outcome(std::string_view(model.data(), model.size()), content);
    if (!outcome) return fail(config_error(outcome.error()));
    record.outcomes.push_back(std::move(*outcome));
  }
  return record;
}

}  // namespace xrouter::corpus
