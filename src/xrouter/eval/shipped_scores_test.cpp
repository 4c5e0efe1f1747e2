// The scores of the shipped catalogue are those of the shipped records, and of split train alone.
#include <gtest/gtest.h>

#include <filesystem>

#include "xrouter/config/load.hpp"
#include "xrouter/corpus/scores.hpp"

namespace xrouter::eval {
namespace {

TEST(ShippedScores, are_those_that_data_scores_computes) {
  const auto root = std::filesystem::path(XROUTER_SOURCE_DIR) / "data";
  const auto config = config::default_config({.settings = {}, .data_dir = root.string()});
  ASSERT_TRUE(config) << config.error().describe();
  const auto corpus = corpus::Corpus::open(*corpus::corpus_files_in((root / "recorded").string()));
  ASSERT_TRUE(corpus) << corpus.error().describe();
  const auto scores = corpus::train_scores(**corpus, *(*config)->catalog);
  ASSERT_TRUE(scores) << scores.error().describe();
  EXPECT_EQ(scores->size(), 20u);
  for (const ModelSpec& model : (*config)->catalog->models()) {
    const auto measured = scores->find(model.id);
    const bool is_measured = measured != scores->end();
    EXPECT_EQ(model.scores, is_measured ? measured->second : decltype(model.scores)()) << model.id.value;
  }
}

}  // namespace
}  // namespace xrouter::eval
