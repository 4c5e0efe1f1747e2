// A corpus, a catalogue and inputs for the tests of this library.
#pragma once

#include <gtest/gtest.h>

#include "xrouter/samples/builder.hpp"

namespace xrouter::samples {

inline ModelSpec recorded_model(std::string id, Tier tier, std::int64_t in_pico, std::string corpus_name = {}) {
  ModelSpec model;
  model.id = ModelId(std::move(id));
  model.tier = tier;
  model.price = {.input = Usd::from_pico(in_pico), .output = Usd::from_pico(4 * in_pico), .source = "test", .date = "2026-01-01"};
  model.description = "About " + model.id.value + ".";
  model.upstream = kRecordedUpstream;
  model.upstream_model = std::move(corpus_name);
  return model;
}

inline std::shared_ptr<const ModelCatalog> test_catalog() {
  ModelSpec live = recorded_model("live", Tier::standard, 500'000);
  live.upstream = "somewhere";
  return *ModelCatalog::make({recorded_model("best", Tier::premium, 3'000'000, "Best-1"), recorded_model("good", Tier::premium, 2'000'001),
                              recorded_model("fair", Tier::standard, 1'000'000), recorded_model("fast", Tier::budget, 100'000),
                              recorded_model("tiny", Tier::budget, 75'000), recorded_model("stranger", Tier::budget, 80'000), live});
}

/// Question i is answered by the first i % 6 of five models; "stranger" is recorded for no question.
inline corpus::Record test_record(int i) {
  corpus::Record record;
  const std::string text = "Question number " + std::to_string(i) + "?";
  record.question = {.qid = "t/" + std::to_string(i), .source = i % 2 == 0 ? "even" : "odd", .domain = "test", .question = text, .prompt = "Asked: " + text, .gold = "1", .grader = "numeric"};
  if (i % 7 == 0) record.question.category = "sevenths";
  int rank = 0;
  for (const char* model : {"Best-1", "good", "fair", "fast", "tiny"})
    record.outcomes.push_back({.model = model, .correct = rank++ < i % 6, .answer = "1", .in_tok = 100, .out_tok = 50, .response = "It is 1."});
  return record;
}

inline std::shared_ptr<const corpus::Corpus> corpus_of(const std::vector<corpus::Record>& records) {
  auto file = corpus::PackedFile::open(corpus::pack({.corpus = "test"}, records));
  EXPECT_TRUE(file) << file.error().describe();
  std::vector<corpus::PackedFile> files;
  files.push_back(std::move(*file));
  return corpus::Corpus::from_files(std::move(files));
}

inline std::shared_ptr<const corpus::Corpus> test_corpus(int questions = 300) {
  std::vector<corpus::Record> records;
  for (int i = 0; i < questions; ++i) records.push_back(test_record(i));
  return corpus_of(records);
}

inline BuildInputs test_inputs() {
  BuildInputs inputs{.corpus = test_corpus(), .catalog = test_catalog()};
  for (int i = 0; i < 20; ++i) {
    const std::string text = "Hello number " + std::to_string(i) + "!";
    inputs.questions.push_back({.question = {.qid = "talk/" + std::to_string(i), .source = "talk", .domain = "talk", .question = text, .prompt = text, .gold = "hi", .grader = "phrase"},
                                .stratum = Stratum::direct,
                                .assumed_reply = "Hi!"});
  }
  return inputs;
}

inline std::string lines_of(const BuiltSet& built) {
  std::string text;
  for (const RouterSample& sample : built.samples) text += to_line(sample) + "\n";
  return text;
}

inline BuiltSet built(const SampleSetOptions& options, const BuildInputs& inputs = test_inputs()) {
  auto set = build(options, inputs);
  EXPECT_TRUE(set) << set.error().describe();
  return set ? std::move(*set) : BuiltSet{};
}

}  // namespace xrouter::samples
