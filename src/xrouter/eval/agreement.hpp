// How far our graders agree with the labels that recorded outcomes carry.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "xrouter/corpus/corpus.hpp"
#include "xrouter/grade/registry.hpp"

namespace xrouter::eval {

/// Of the replies to the questions of one source.
struct AgreementRow {
  std::string corpus;
  std::string source;
  std::size_t replies = 0;
  std::size_t agree = 0;
  std::size_t only_ours = 0;   ///< right by us, wrong by the label
  std::size_t only_label = 0;  ///< the other way round
  std::size_t unscored = 0;
  std::map<grade::GradeStatus, std::size_t> statuses = {};
  double share() const { return replies == unscored ? 0 : static_cast<double>(agree) / static_cast<double>(replies - unscored); }
};

/// One reply that is judged differently.
struct Disagreement {
  std::string qid;
  std::string model;
  bool label = false;
  std::string gold;
  std::string recorded_answer;
  std::string response;
  grade::GradeResult ours;
};

struct AgreementOptions {
  grade::Dialect dialect = grade::strict();
  corpus::Progress progress = {};                              ///< questions
  std::function<void(const Disagreement&)> on_difference = {};
};

/// Grades every recorded reply from its text. Questions of the grader `recorded_label_only` cannot be
/// graded and are left out; a ground truth that is not valid leaves its replies unscored (target_error).
/// Errors: an unreadable corpus; a grader that is not registered.
Result<std::vector<AgreementRow>> measure_agreement(const corpus::Corpus& corpus, const grade::Registry& registry, const AgreementOptions& options);

}  // namespace xrouter::eval
