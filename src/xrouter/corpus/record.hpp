// One benchmark question with the recorded answers of many models: one line of a corpus file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/chat/types.hpp"

namespace xrouter::json {
class ObjectReader;
class Writer;
}

namespace xrouter::corpus {

struct Question {
  std::string qid;       ///< unique over all corpora, for example "ze/gsm/1"
  std::string source;    ///< sub-set: gsm, math-l5, crux, mmlu_pro
  std::string domain;    ///< math, code_reasoning, knowledge, stem_reasoning
  std::string category = {};  ///< empty when the corpus has none
  std::string question;  ///< bare text
  std::string prompt;    ///< what the recorded models were shown, or a rendering of it (functions behind the question)
  std::string gold;              ///< text, or JSON (see below)
  bool gold_is_json = false;     ///< `gold` is a JSON value that is no string: the allowed function calls
  std::string grader;    ///< numeric, math_expr, py_literal, choice, bfcl_ast, no_call, recorded_label_only
  std::vector<std::string> options = {};
  std::string functions = {};    ///< JSON schemas of the functions that may be called; empty when there are none
  bool operator==(const Question&) const = default;
};

struct RecordedOutcome {
  std::string model;  ///< the corpus's name of it
  bool correct = false;
  std::optional<std::string> answer = {};  ///< extracted from the response; absent = none found
  std::int64_t in_tok = 0;                 ///< tokens, counted by the corpus
  std::int64_t out_tok = 0;
  std::string response;  ///< the whole answer text

  Usage usage() const { return {.prompt_tokens = in_tok, .completion_tokens = out_tok}; }
  bool operator==(const RecordedOutcome&) const = default;
};

struct Record {
  Question question;
  std::vector<RecordedOutcome> outcomes;

  /// nullptr when the model is not recorded for this question.
  const RecordedOutcome* find(std::string_view model) const;
  bool operator==(const Record&) const = default;
};

/// What a grader is given: the ground truth, and the question's further fields as an object, both JSON.
std::string ground_truth_json(const Question& question);
std::string grader_extra_json(const Question& question);

/// The fields of a question, the same in corpus files and in their sources. Problems stick to `in`.
Question read_question(json::ObjectReader& in);
/// The same fields into an object that has begun.
void write_question(json::Writer& out, const Question& question);

/// One JSON line, without the line break.
std::string to_line(const Record& record);
/// Errors: ErrorKind::config naming the field.
Result<Record> parse_record(std::string_view line);

}  // namespace xrouter::corpus
