#include "xrouter/samples/question_file.hpp"

#include <boost/json/object.hpp>
#include <set>

#include "xrouter/corpus/corpus.hpp"
#include "xrouter/json/parse.hpp"

namespace xrouter::samples {
namespace {

constexpr std::size_t kMaxLineBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxReplyBytes = 64 * 1024;

void set_default(boost::json::object& line, std::string_view name, std::string_view value) {
  if (!line.contains(name)) line[name] = value;
}

// What read_question() wants and a short line leaves out.
void complete(boost::json::object& line, const std::string& default_id) {
  set_default(line, "qid", default_id);
  set_default(line, "source", "own");
  set_default(line, "domain", "general");
  const auto* question = line.if_contains("question");
  if (!question || !question->is_string() || line.contains("prompt")) return;
  const boost::json::string text = question->get_string();  // a copy: a new member moves the others
  line["prompt"] = text;
}

Result<OwnQuestion> parse_line(std::string_view text, const std::string& default_id) {
  auto value = json::parse(text, {.max_bytes = kMaxLineBytes});
  if (!value) return fail(value.error());
  if (auto* object = value->if_object()) complete(*object, default_id);
  json::ObjectReader in(*value);
  OwnQuestion out;
  out.question = corpus::read_question(in);
  out.assumed_reply = in.optional_string("reply").value_or("");
  if (in.ok() && out.question.question.empty()) in.fail_at("question", "must not be empty");
  if (in.ok() && out.assumed_reply.size() > kMaxReplyBytes) in.fail_at("reply", "is longer than " + std::to_string(kMaxReplyBytes) + " bytes");
  out.stratum = out.assumed_reply.empty() ? Stratum::medium : Stratum::direct;
  if (const auto name = in.optional_string("stratum")) {
    const auto stratum = stratum_of(*name);
    if (!stratum) in.fail_at("stratum", "must be direct, easy, medium, hard or hopeless");
    out.stratum = stratum.value_or(out.stratum);
  }
  if (!in.ok()) return fail(in.error());
  return out;
}

}  // namespace

Result<std::vector<OwnQuestion>> parse_questions(std::string_view text, const std::string& name) {
  std::vector<OwnQuestion> questions;
  std::set<std::string> ids;
  std::size_t number = 0;
  for (const std::string_view line : corpus::lines_of(text)) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const std::string place = name + ":" + std::to_string(number);
    auto question = parse_line(line, place);
    if (!question) return fail(ErrorKind::config, place + ": " + question.error().public_text, question.error().internal_text);
    if (!ids.insert(question->question.qid).second) return fail(ErrorKind::config, place + ": the qid " + question->question.qid + " occurs twice");
    questions.push_back(std::move(*question));
  }
  if (questions.empty()) return fail(ErrorKind::config, name + ": holds no question");
  return questions;
}

Result<std::vector<OwnQuestion>> read_questions(const std::string& path) {
  const auto text = corpus::read_file(path, kMaxQuestionFileBytes);
  if (!text) return fail(text.error());
  const std::size_t slash = path.find_last_of('/');
  return parse_questions(*text, slash == std::string::npos ? path : path.substr(slash + 1));
}

}  // namespace xrouter::samples
