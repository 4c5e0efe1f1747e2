#include "xrouter/train/ngram_trainer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "xrouter/json/parse.hpp"
#include "xrouter/train/training_record.hpp"

namespace xrouter::train {
namespace {

ModelSpec recorded(std::string id, std::string corpus_name, std::int64_t pico) {
  ModelSpec spec;
  spec.id = ModelId(std::move(id));
  spec.upstream = "recorded";
  spec.upstream_model = std::move(corpus_name);
  spec.price.input = Usd::from_pico(pico);
  spec.price.output = Usd::from_pico(pico);
  return spec;
}

void add_outcome(corpus::Record& record, std::string model, bool correct, const std::string& answer, std::int64_t out_tok) {
  record.outcomes.push_back(
      {.model = std::move(model), .correct = correct, .answer = answer, .in_tok = 20, .out_tok = out_tok, .response = "The answer is " + answer});
}

// A world with a rule: "sum" questions are easy for both models, "proof" questions only for the
// strong one, which costs a hundred times as much. A third one is always wrong in its own way.
std::shared_ptr<const corpus::Corpus> toy_corpus() {
  std::vector<corpus::Record> records;
  for (int i = 0; i < 600; ++i) {
    const bool hard = i % 2 == 0;
    const std::string number = std::to_string(i);
    const std::string text = (hard ? "proof of lemma w" : "sum of list w") + number;
    corpus::Record record;
    record.question = {.qid = "q" + number, .source = "toy", .domain = "math", .question = text, .prompt = "Give the answer. " + text, .gold = number,
                       .grader = "numeric"};
    add_outcome(record, "Strong-1", true, number, hard ? 400 : 40);
    add_outcome(record, "cheap", !hard, hard ? "0.5" : number, 50);
    add_outcome(record, "wrong", false, "1" + number, 50);
    add_outcome(record, "not-in-catalogue", true, number, 10);
    records.push_back(std::move(record));
  }
  corpus::Header header;
  header.corpus = "toy-part";
  std::vector<corpus::PackedFile> files;
  files.push_back(*corpus::PackedFile::open(corpus::pack(header, records)));
  return corpus::Corpus::from_files(std::move(files));
}

class Toy : public ::testing::Test {
 protected:
  Toy() {
    catalog_ = *ModelCatalog::make({recorded("strong", "Strong-1", 100'000'000), recorded("cheap", "", 1'000'000), recorded("wrong", "", 1'000'000)});
    data_ = *load_outcomes(*corpus_, catalog_);
    options_.bucket_bits = 10;
    options_.epochs = 8;
  }
  std::shared_ptr<const corpus::Corpus> corpus_ = toy_corpus();
  std::shared_ptr<const ModelCatalog> catalog_;
  OutcomeData data_;
  NgramOptions options_;
};

TEST_F(Toy, joins_outcomes_with_the_catalogue_and_prices_them) {
  ASSERT_EQ(data_.models.size(), 3U);
  EXPECT_EQ(data_.groups, std::vector<std::string>{"toy"});
  EXPECT_EQ(data_.examples.size(), 600U);
  EXPECT_EQ(data_.examples[0].rows.size(), 3U) << "models that the catalogue does not have are left out";
  EXPECT_EQ(data_.examples[0].rows[0].cost, Usd::from_pico(420LL * 100'000'000));
  EXPECT_EQ(data_.examples[3].rows[0].final_answer, data_.examples[3].rows[1].final_answer);
}

TEST_F(Toy, gives_the_same_bytes_for_the_same_seed_only) {
  const auto bytes = [&](std::uint64_t seed) {
    options_.seed = seed;
    return policy::NgramModel(train_ngram(data_, options_).parameters).to_bytes();
  };
  EXPECT_EQ(bytes(1), bytes(1));
  EXPECT_NE(bytes(1), bytes(2));
}

TEST_F(Toy, learns_who_is_right_on_what_and_how_long_it_writes) {
  const Trained trained = train_ngram(data_, options_);
  const policy::NgramModel model(trained.parameters);
  const auto predict = [&](const char* id, const char* text) { return model.predict(model.features(text), *catalog_->find(ModelId(id))); };
  EXPECT_GT(predict("cheap", "sum of list w9999").log_odds, 1);
  EXPECT_LT(predict("cheap", "proof of lemma w9999").log_odds, -1);
  EXPECT_GT(predict("strong", "proof of lemma w9999").log_odds, 1);
  EXPECT_LT(predict("wrong", "sum of list w9999").log_odds, -1);
  EXPECT_GT(predict("strong", "proof of lemma w9999").output_tokens, 2 * predict("strong", "sum of list w9999").output_tokens);
  EXPECT_LT(trained.curve.back().dev[0].loss, trained.curve.front().dev[0].loss);
  EXPECT_GT(trained.curve.back().dev[0].auc, 0.95) << "of the one model that is sometimes right";
}

TEST_F(Toy, predicts_training_questions_by_models_that_have_not_seen_them) {
  const Trained trained = train_ngram(data_, options_);
  const auto folds = static_cast<std::size_t>(options_.folds);
  ASSERT_EQ(trained.held_out.of_example.size(), data_.examples.size());
  std::vector<int> in_fold(folds + 1);
  for (std::size_t i = 0; i < data_.examples.size(); ++i) {
    const std::size_t fold = trained.held_out.of_example[i];
    ++in_fold.at(fold);
    EXPECT_EQ(fold == folds, data_.examples[i].split != corpus::Split::train);
  }
  for (const int examples : in_fold) EXPECT_GT(examples, 40);
}

TEST_F(Toy, routes_for_less_money_at_equal_quality) {
  Trained trained = train_ngram(data_, options_);
  choose_cost_scale(data_, trained.held_out, trained.parameters, 0.01);
  const GroupReport report = report_routes(data_, policy::NgramModel(trained.parameters), corpus::Split::test).at(0);
  EXPECT_EQ(report.singles.front().name, "strong");
  EXPECT_EQ(report.oracle.accuracy(), 1);
  const auto at = [&](double weight) { return *std::find_if(report.routed.begin(), report.routed.end(), [&](const RoutePoint& p) { return p.cost_weight == weight; }); };
  EXPECT_GE(at(1).accuracy(), 0.97);
  EXPECT_LT(at(1).cost, report.singles.front().cost);
  EXPECT_LE(at(50).cost, at(1).cost);
  EXPECT_LE(report.oracle.cost, at(1).cost);
}

TEST_F(Toy, writes_a_record_that_is_json) {
  Trained trained = train_ngram(data_, options_);
  const auto scales = choose_cost_scale(data_, trained.held_out, trained.parameters, 0.01);
  const auto test = report_routes(data_, policy::NgramModel(trained.parameters), corpus::Split::test);
  RunFacts facts;
  facts.command = "a \"quoted\" \\ [command]";
  const auto value = json::parse(training_record(facts, *corpus_, data_, options_, trained, scales, test, test));
  ASSERT_TRUE(value) << value.error().describe();
  EXPECT_EQ(value->as_object().at("command").as_string(), "a \"quoted\" \\ [command]");
  EXPECT_EQ(value->as_object().at("test").as_array().size(), 1U);
}

TEST(LoadOutcomes, refuses_a_catalogue_without_recorded_models) {
  EXPECT_EQ(load_outcomes(*toy_corpus(), *ModelCatalog::make({})).error().kind, ErrorKind::config);
}

}  // namespace
}  // namespace xrouter::train
