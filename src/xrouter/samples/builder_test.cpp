#include "xrouter/samples/builder.hpp"

#include <gmock/gmock.h>

#include <set>

#include "xrouter/samples/corpus_names.hpp"
#include "xrouter/samples/test_corpus.hpp"

namespace xrouter::samples {
namespace {

using ::testing::HasSubstr;
using corpus::Split;

/// Everything that varies does.
SampleSetOptions varied(std::uint64_t seed) {
  SampleSetOptions options = default_options(Split::train);
  options.seed = seed;
  options.pools.models = {1, 4};
  options.disguise = {.renamed_samples = 0.5, .renamed_models = 0.5, .withheld_descriptions = 0.3, .exact_prices = 0.3};
  options.cost_weights = {0, 0.5, 2};
  return options;
}

std::map<std::string, corpus::Question> questions_by_id(const BuildInputs& inputs) {
  std::map<std::string, corpus::Question> out;
  for (const OwnQuestion& own : inputs.questions) out[own.question.qid] = own.question;
  EXPECT_TRUE(inputs.corpus->for_each([&](const corpus::Header&, corpus::Record record) -> Result<void> {
    out[record.question.qid] = record.question;
    return {};
  }));
  return out;
}

std::string qid_of(const RouterSample& sample) { return sample.question ? sample.question->qid : sample.qid; }

TEST(SampleSets, are_the_same_bytes_for_the_same_seed_and_others_for_another) {
  const std::string first = lines_of(built(varied(1)));
  EXPECT_EQ(first, lines_of(built(varied(1))));
  EXPECT_NE(first, lines_of(built(varied(2))));
}

TEST(SampleSets, a_recorded_sample_stays_the_same_when_others_leave) {
  const BuiltSet all = built(varied(3));
  SampleSetOptions fewer = varied(3);
  fewer.held_out_sources = {"odd"};
  fewer.small_talk = false;
  BuildInputs inputs = test_inputs();
  inputs.questions.clear();
  std::map<std::string, RouterSample> by_id;
  for (const RouterSample& sample : all.samples) by_id[sample.id] = sample;
  for (const RouterSample& sample : built(fewer, inputs).samples) EXPECT_EQ(sample, by_id[sample.id]);
}

TEST(SampleSets, keep_every_promise_of_their_options_whatever_the_seed) {
  const BuildInputs inputs = test_inputs();
  const auto questions = questions_by_id(inputs);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SampleSetOptions options = varied(seed);
    options.pools.held_out = {"good"};
    options.pools.always = {"fast"};
    options.held_out_categories = {"sevenths"};
    const BuiltSet set = built(options, inputs);
    std::set<std::string> ids;
    for (const RouterSample& sample : set.samples) {
      EXPECT_TRUE(ids.insert(sample.id).second);
      EXPECT_EQ(corpus::split_of(questions.at(qid_of(sample)).question), Split::train);
      EXPECT_NE(questions.at(qid_of(sample)).category, "sevenths");
      EXPECT_GE(sample.models.size(), 1U);
      EXPECT_LE(sample.models.size(), 4U);
      bool always = false;
      for (const SampleModel& model : sample.models) {
        EXPECT_NE(model.model.value, "good");
        EXPECT_NE(model.model.value, "stranger");
        EXPECT_NE(model.model.value, "live");
        always = always || model.model.value == "fast";
        EXPECT_GE(model.price_permille, 250);
        EXPECT_LE(model.price_permille, 4000);
        EXPECT_LE(std::abs(model.score_shift), 5);
      }
      EXPECT_TRUE(always);
      EXPECT_TRUE(catalog_of(sample, *inputs.catalog));
      EXPECT_EQ(parse_sample(to_line(sample)).value(), sample);
    }
  }
}

TEST(SampleSets, the_splits_share_no_question) {
  std::set<std::string> seen;
  std::size_t questions = 0;
  for (const Split split : {Split::train, Split::dev, Split::test}) {
    SampleSetOptions options = default_options(split);
    options.pools.models.from = 1;
    const BuiltSet set = built(options);
    questions += static_cast<std::size_t>(set.figures.questions);
    for (const RouterSample& sample : set.samples) seen.insert(qid_of(sample));
  }
  EXPECT_EQ(seen.size(), questions);
  EXPECT_EQ(seen.size(), 320U);
}

TEST(SampleSets, a_validation_set_shows_what_a_caller_of_the_server_would_see) {
  const BuildInputs inputs = test_inputs();
  for (const RouterSample& sample : built(default_options(Split::dev), inputs).samples) {
    std::vector<std::string> shown;
    for (const SampleModel& model : sample.models) {
      EXPECT_EQ(model, (SampleModel{.model = model.model}));
      shown.push_back(model.model.value);
    }
    EXPECT_EQ(shown, (std::vector<std::string>{"best", "good", "fair", "fast", "tiny"}));
  }
}

TEST(SampleSets, strata_follow_the_pass_rate) {
  for (const RouterSample& sample : built(varied(5)).samples) {
    if (sample.question) {
      EXPECT_EQ(sample.stratum, Stratum::direct);
      continue;
    }
    const int right = std::stoi(sample.qid.substr(2)) % 6;
    EXPECT_DOUBLE_EQ(sample.pass_rate, right / 5.0);
    EXPECT_EQ(sample.stratum, right == 0 ? Stratum::hopeless : right <= 3 ? Stratum::medium : Stratum::easy);  // 1/5 is not below 0.15
  }
}

TEST(SampleSets, caps_and_copies_count_questions_of_one_stratum_and_source) {
  SampleSetOptions options = varied(6);
  options.of(Stratum::medium) = {.copies = 3, .cap_per_source = 5};
  options.of(Stratum::easy).copies = 0;
  std::map<std::string, std::set<std::string>> questions;
  int samples = 0;
  for (const RouterSample& sample : built(options).samples) {
    EXPECT_NE(sample.stratum, Stratum::easy);
    if (sample.stratum != Stratum::medium) continue;
    questions[std::stoi(sample.qid.substr(2)) % 2 == 0 ? "even" : "odd"].insert(sample.qid);
    ++samples;
  }
  EXPECT_EQ(questions["even"].size(), 5U);
  EXPECT_EQ(questions["odd"].size(), 5U);
  EXPECT_EQ(samples, 30);
}

TEST(SampleSets, copies_of_a_question_have_pools_of_their_own) {
  SampleSetOptions options = varied(7);
  options.of(Stratum::medium).copies = 4;
  std::map<std::string, std::set<std::string>> pools;
  for (const RouterSample& sample : built(options).samples) {
    if (sample.stratum != Stratum::medium) continue;
    std::string line = to_line(sample);
    pools[sample.qid].insert(line.substr(line.find("\"models\"")));
  }
  std::size_t different = 0;
  for (const auto& [qid, lines] : pools) different += lines.size();
  EXPECT_GT(different, pools.size() * 3);
}

TEST(SampleSets, questions_of_repeated_sources_are_taken_several_times) {
  SampleSetOptions options = varied(7);
  const auto of_sources = [&] {
    std::map<std::string, int> samples;
    for (const RouterSample& sample : built(options).samples)
      if (!sample.question) ++samples[std::stoi(sample.qid.substr(2)) % 2 == 0 ? "even" : "odd"];
    return samples;
  };
  const auto once = of_sources();
  options.repeated_sources = {"odd"};
  options.repetitions = 3;
  const auto thrice = of_sources();
  EXPECT_EQ(thrice.at("odd"), 3 * once.at("odd"));
  EXPECT_EQ(thrice.at("even"), once.at("even"));
}

TEST(SampleSets, a_source_that_does_not_exist_cannot_be_repeated) {
  SampleSetOptions options = varied(7);
  options.repeated_sources = {"od"};
  const auto refused = build(options, test_inputs());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().public_text, HasSubstr("no question is of 'od'; did you mean 'odd'?"));
}

TEST(SampleSets, shares_come_out_as_asked) {
  SampleSetOptions options = varied(8);
  for (StratumOptions& stratum : options.strata) stratum.copies = 20;
  options.of(Stratum::hopeless).cap_per_source = 0;
  const BuiltSet set = built(options);
  const double n = static_cast<double>(set.samples.size());
  double renamed = 0, exact = 0, all = static_cast<double>(set.figures.by_pool.at("all"));
  double low = 0, high = 0;
  for (const RouterSample& sample : set.samples) {
    bool is_renamed = false, is_exact = true;
    for (const SampleModel& model : sample.models) {
      is_renamed = is_renamed || !model.alias.empty();
      is_exact = is_exact && model.price_permille == kUnchangedPrice;
      low += model.price_permille < kUnchangedPrice ? 1 : 0;
      high += model.price_permille > kUnchangedPrice ? 1 : 0;
    }
    renamed += is_renamed ? 1 : 0;
    exact += is_exact ? 1 : 0;
  }
  ASSERT_GT(n, 4000);
  EXPECT_NEAR(all / n, 0.3, 0.03);
  EXPECT_NEAR(exact / n, 0.3, 0.03);
  EXPECT_NEAR(low / high, 1, 0.1);  // log-uniform in [1/4, 4]
  EXPECT_LT(renamed / n, 0.5);
  EXPECT_GT(renamed / n, 0.3);
  EXPECT_NEAR(static_cast<double>(set.figures.withheld_descriptions) / static_cast<double>(set.figures.offered_models), 0.3, 0.03);
}

TEST(SampleSets, fixed_pools_by_name_offer_those_of_their_models_that_are_recorded) {
  SampleSetOptions options = varied(9);
  options.pools.fixed = {{.name = "two", .models = {"tiny", "best", "stranger"}, .share = 1}};
  for (const RouterSample& sample : built(options).samples) {
    std::set<std::string> shown;
    for (const SampleModel& model : sample.models) shown.insert(model.model.value);
    EXPECT_EQ(shown, (std::set<std::string>{"best", "tiny"}));
  }
}

TEST(SampleSets, random_pools_keep_to_the_ranges_of_the_tiers) {
  SampleSetOptions options = varied(10);
  options.pools.fixed.clear();
  options.pools.premium = {1, 1};
  options.pools.standard = {0, 0};
  options.pools.budget = {1, 2};
  const auto catalog = test_catalog();
  std::set<std::size_t> sizes;
  for (const RouterSample& sample : built(options).samples) {
    std::map<Tier, int> tiers;
    for (const SampleModel& model : sample.models) ++tiers[catalog->find(model.model)->tier];
    EXPECT_EQ(tiers[Tier::premium], 1);
    EXPECT_EQ(tiers[Tier::standard], 0);
    EXPECT_GE(tiers[Tier::budget], 1);
    EXPECT_LE(tiers[Tier::budget], 2);
    sizes.insert(sample.models.size());
  }
  EXPECT_EQ(sizes, (std::set<std::size_t>{2, 3}));
}

TEST(SampleSets, follow_a_curriculum) {
  SampleSetOptions options = varied(11);
  options.order = Order::easy_first;
  const BuiltSet easy_first = built(options);
  EXPECT_TRUE(std::is_sorted(easy_first.samples.begin(), easy_first.samples.end(), [](const auto& a, const auto& b) { return a.stratum < b.stratum; }));
  options.order = Order::by_pass_rate;
  const BuiltSet by_rate = built(options);
  EXPECT_TRUE(std::is_sorted(by_rate.samples.begin(), by_rate.samples.end(), [](const auto& a, const auto& b) { return a.pass_rate > b.pass_rate; }));
  EXPECT_EQ(by_rate.samples.size(), easy_first.samples.size());
}

TEST(SampleSets, leave_out_what_is_too_long_and_stop_when_there_are_enough) {
  SampleSetOptions options = varied(12);
  options.max_prompt_tokens = 30;
  EXPECT_THAT(build(options, test_inputs()).error().public_text, HasSubstr("max_prompt_tokens"));
  BuildInputs inputs = test_inputs();
  inputs.count_tokens = [](const RouterSample& sample, const corpus::Question&) -> Result<std::int64_t> { return static_cast<std::int64_t>(10 * sample.models.size()); };
  const BuiltSet all = built(options, inputs);
  for (const RouterSample& sample : all.samples) EXPECT_LE(sample.models.size(), 3U);
  EXPECT_EQ(all.figures.prompt_tokens.size(), all.samples.size());
  BuildFigures figures = all.figures;
  EXPECT_GT(figures.of(LeftOut::too_long), 0);
  options.max_samples = 25;
  const BuiltSet few = built(options, inputs);
  ASSERT_EQ(few.samples.size(), 25U);
  EXPECT_TRUE(std::equal(few.samples.begin(), few.samples.end(), all.samples.begin()));  // the first of the shuffled ones
}

TEST(SampleSets, small_talk_is_offered_what_some_recorded_question_is_offered) {
  BuildInputs inputs = test_inputs();
  int talk = 0;
  for (const RouterSample& sample : built(varied(13), inputs).samples) {
    if (!sample.question) continue;
    ++talk;
    EXPECT_EQ(sample.assumed_reply, "Hi!");
    for (const SampleModel& model : sample.models) EXPECT_NE(model.model.value, "stranger");
  }
  EXPECT_GT(talk, 5);
}

TEST(SampleSets, own_questions_without_a_reply_are_offered_live_models_alone) {
  BuildInputs inputs = test_inputs();
  for (OwnQuestion& own : inputs.questions) {
    own.assumed_reply.clear();
    own.stratum = Stratum::medium;
  }
  int own = 0;
  for (const RouterSample& sample : built(varied(14), inputs).samples) {
    if (!sample.question) continue;
    ++own;
    ASSERT_EQ(sample.models.size(), 1U);
    EXPECT_EQ(sample.models[0].model.value, "live");
  }
  EXPECT_GT(own, 5);
}

TEST(SampleSets, a_prompt_that_occurs_twice_is_asked_once) {
  BuildInputs inputs = test_inputs();
  std::vector<corpus::Record> records;
  for (int i = 0; i < 50; ++i) records.push_back(test_record(i));
  corpus::Record again = test_record(4);
  again.question.qid = "t/again";
  records.push_back(again);
  inputs.corpus = corpus_of(records);
  BuildFigures figures = built(varied(15), inputs).figures;
  EXPECT_EQ(figures.of(LeftOut::repeated_prompt), 1);
}

TEST(SampleSets, questions_with_labels_alone_cannot_be_graded) {
  BuildInputs inputs = test_inputs();
  std::vector<corpus::Record> records;
  for (int i = 0; i < 50; ++i) {
    records.push_back(test_record(i));
    if (i < 25) records.back().question.grader = "recorded_label_only";
  }
  inputs.corpus = corpus_of(records);
  inputs.questions.clear();
  for (const RouterSample& sample : built(varied(16), inputs).samples) EXPECT_GE(std::stoi(sample.qid.substr(2)), 25);
}

TEST(SampleSets, options_that_cannot_be_kept_are_errors) {
  const auto error_of = [](const std::function<void(SampleSetOptions&)>& change) {
    SampleSetOptions options = varied(17);
    change(options);
    const auto set = build(options, test_inputs());
    EXPECT_FALSE(set);
    return set ? std::string() : set.error().public_text;
  };
  EXPECT_THAT(error_of([](auto& o) { o.pools.held_out = {"nobody"}; }), HasSubstr("nobody"));
  EXPECT_THAT(error_of([](auto& o) { o.pools.fixed[0].models = {"nobody"}; }), HasSubstr("nobody"));
  EXPECT_THAT(error_of([](auto& o) { o.pools.held_out = o.pools.always = {"fast"}; }), HasSubstr("held out"));
  EXPECT_THAT(error_of([](auto& o) { o.pools.fixed.push_back({.name = "x", .share = 0.9}); }), HasSubstr("more than 1"));
  EXPECT_THAT(error_of([](auto& o) { o.pools.models = {3, 2}; }), HasSubstr("pools.models"));
  EXPECT_THAT(error_of([](auto& o) { o.pools.models = {0, 2}; }), HasSubstr("pools.models"));
  EXPECT_THAT(error_of([](auto& o) { o.bands = {.hard_below = 0.9, .easy_from = 0.1}; }), HasSubstr("bands"));
  EXPECT_THAT(error_of([](auto& o) { o.disguise.price_factor_from = 0.001; }), HasSubstr("price factors"));
  EXPECT_THAT(error_of([](auto& o) { o.only_sources = {"nowhere"}; }), HasSubstr("no question is left"));
}

}  // namespace
}  // namespace xrouter::samples
