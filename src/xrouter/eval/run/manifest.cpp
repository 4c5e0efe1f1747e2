#include "xrouter/eval/run/manifest.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <unordered_map>

#include "xrouter/json/writer.hpp"

namespace xrouter::eval {

std::string manifest_json(const RunInputs& inputs, const RunOptions& options, const ManifestFacts& facts) {
  json::Writer out;
  out.begin_object().field("format", "xrouter-evaluation-run").field("version", 1).field("program", facts.program);
  out.field("config_hash", facts.config_hash)
      .field("dialect", facts.dialect)
      .field("seed", std::to_string(options.seed))
      .field("samples", options.samples);
  out.field("settings", inputs.settings.text()).field("clock", options.simulated_time ? "simulated" : "real");
  out.key("benchmarks").begin_array();
  for (std::size_t t = 0; t < inputs.questions.benchmarks.size(); ++t) {
    const BenchmarkUse& use = inputs.questions.benchmarks[t];
    const auto questions =
        std::count_if(inputs.questions.questions.begin(), inputs.questions.questions.end(), [&](const Question& q) { return q.task == t; });
    out.begin_object().field("name", use.spec.name).field("split", use.split).field("questions", static_cast<std::int64_t>(questions));
    out.field("data_hash", use.data_hash).field("licence", use.spec.licence).end_object();
  }
  out.end_array().key("systems").begin_array();
  for (const System& system : inputs.systems) {
    out.begin_object().field("id", system.id).field("kind", to_text(system.kind)).field("fingerprint", system.fingerprint);
    out.optional_field("cost_weight", system.cost_weight).end_object();
  }
  out.end_array().key("graders").begin_array();
  std::set<std::string> graders;
  for (std::size_t q = 0; q < inputs.questions.questions.size(); ++q) graders.insert(inputs.grading.grader_of(q));
  for (const std::string& grader : graders) out.value(grader);
  out.end_array().key("prices").begin_array();
  std::set<std::string> prices;
  for (const OfferedModel& model : inputs.settings.offered) prices.insert(model.spec->price.version());
  for (const std::string& price : prices) out.value(price);
  out.end_array().end_object();
  return out.take() + "\n";
}

std::vector<SampleRecord> in_run_order(std::vector<SampleRecord> records, const QuestionSet& questions,
                                       const std::vector<System>& systems) {
  std::unordered_map<std::string, std::size_t> question_places;
  std::unordered_map<std::string, std::size_t> system_places;
  for (std::size_t q = 0; q < questions.questions.size(); ++q)
    question_places[questions.benchmarks[questions.questions[q].task].spec.name + "\x1f" + questions.questions[q].qid] = q;
  for (std::size_t s = 0; s < systems.size(); ++s) system_places[systems[s].id] = s;
  using Place = std::tuple<std::size_t, std::size_t, int, std::size_t>;
  std::vector<Place> order;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto question = question_places.find(records[i].task + "\x1f" + records[i].qid);
    const auto system = system_places.find(records[i].system);
    if (question != question_places.end() && system != system_places.end())
      order.emplace_back(system->second, question->second, records[i].rollout, i);
  }
  std::sort(order.begin(), order.end());
  std::vector<SampleRecord> out;
  out.reserve(order.size());
  for (const Place& place : order) out.push_back(std::move(records[std::get<3>(place)]));
  return out;
}

}  // namespace xrouter::eval
