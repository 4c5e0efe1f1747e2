#include "xrouter/samples/candidates.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "xrouter/samples/corpus_names.hpp"

namespace xrouter::samples {
namespace {

// There is a verdict in the corpus, but nothing to judge a router's own words by.
constexpr std::string_view kLabelOnly = "recorded_label_only";

bool contains(const std::vector<std::string>& list, const std::string& name) { return std::find(list.begin(), list.end(), name) != list.end(); }

Stratum stratum_for(const Bands& bands, std::int64_t right, double pass_rate) {
  if (right == 0) return Stratum::hopeless;
  if (pass_rate < bands.hard_below) return Stratum::hard;
  return pass_rate < bands.easy_from ? Stratum::medium : Stratum::easy;
}

class Sieve {
 public:
  Sieve(const SampleSetOptions& options, const BuildInputs& inputs, BuildFigures& figures)
      : options_(options), inputs_(inputs), figures_(figures) {}

  Result<std::vector<Candidate>> run() {
    std::size_t looked_at = 0;
    const std::size_t total = inputs_.corpus->size() + inputs_.questions.size();
    const auto recorded = [&](const corpus::Header&, corpus::Record record) -> Result<void> {
      if (inputs_.progress) inputs_.progress(++looked_at, total);
      take_recorded(std::move(record));
      return {};
    };
    if (auto read = inputs_.corpus->for_each(recorded); !read) return fail(read.error());
    for (const OwnQuestion& own : inputs_.questions) {
      if (inputs_.progress) inputs_.progress(++looked_at, total);
      take_own(own);
    }
    return std::move(taken_);
  }

 private:
  bool leave_out(LeftOut reason) {
    ++figures_.of(reason);
    return true;
  }

  // A repeated prompt is left out whatever its split: prompts are looked up in all corpora.
  bool left_out(const corpus::Question& question) {
    if (!prompts_.insert(corpus::text_key(question.prompt)).second) return leave_out(LeftOut::repeated_prompt);
    if (corpus::split_of(question.question) != options_.split) return leave_out(LeftOut::other_split);
    if (!options_.only_sources.empty() && !contains(options_.only_sources, question.source)) return leave_out(LeftOut::other_source);
    if (contains(options_.held_out_sources, question.source)) return leave_out(LeftOut::held_out);
    if (!question.category.empty() && contains(options_.held_out_categories, question.category)) return leave_out(LeftOut::held_out);
    if (question.grader == kLabelOnly) return leave_out(LeftOut::not_gradable);
    return false;
  }

  bool may_offer(const ModelSpec& model) const { return !contains(options_.pools.held_out, model.id.value); }

  void take_recorded(corpus::Record record) {
    if (left_out(record.question)) return;
    std::int64_t right = 0;
    for (const corpus::RecordedOutcome& outcome : record.outcomes) right += outcome.correct ? 1 : 0;
    Candidate candidate{.question = std::move(record.question)};
    candidate.pass_rate = rounded_share(right, static_cast<std::int64_t>(record.outcomes.size()));
    candidate.stratum = stratum_for(options_.bands, right, candidate.pass_rate);
    for (const ModelSpec& model : inputs_.catalog->models())
      if (is_recorded(model) && may_offer(model) && record.find(corpus_name_of(model))) candidate.models.push_back(&model);
    keep(std::move(candidate));
  }

  void take_own(const OwnQuestion& own) {
    if (left_out(own.question)) return;
    Candidate candidate{.question = own.question, .recorded = false, .assumed_reply = own.assumed_reply, .stratum = own.stratum};
    candidate.pass_rate = own.assumed_reply.empty() ? 0 : 1;
    // With an assumed reply any recorded model has an answer; without one only those that run somewhere have.
    for (const ModelSpec& model : inputs_.catalog->models()) {
      const bool answers = own.assumed_reply.empty() ? model.active && !model.upstream.empty() && !is_recorded(model) : is_recorded(model);
      if (answers && may_offer(model)) candidate.models.push_back(&model);
    }
    keep(std::move(candidate));
  }

  void keep(Candidate candidate) {
    if (candidate.models.size() < static_cast<std::size_t>(options_.pools.models.from)) {
      leave_out(LeftOut::too_few_models);
      return;
    }
    taken_.push_back(std::move(candidate));
  }

  const SampleSetOptions& options_;
  const BuildInputs& inputs_;
  BuildFigures& figures_;
  std::set<std::uint64_t> prompts_;
  std::vector<Candidate> taken_;
};

Result<void> check_names(const std::vector<std::string>& names, const ModelCatalog& catalog, const std::string& what) {
  for (const std::string& name : names)
    if (!catalog.find(ModelId(name))) return fail(ErrorKind::config, what + ": the catalogue has no model " + name);
  return {};
}

Result<void> check_range(Range range, const std::string& what, int least) {
  if (range.from <= range.to && range.from >= least && range.to <= static_cast<int>(kMaxModelsOffered)) return {};
  return fail(ErrorKind::config, what + ": must be a range from " + std::to_string(least) + " to " + std::to_string(kMaxModelsOffered) + " with the lower end first");
}

Result<void> check_pools(const PoolOptions& pools, const ModelCatalog& catalog) {
  for (const auto& [name, range] : {std::pair("pools.premium", pools.premium), std::pair("pools.standard", pools.standard),
                                    std::pair("pools.budget", pools.budget), std::pair("pools.specialised", pools.specialised)})
    if (auto ok = check_range(range, name, 0); !ok) return ok;
  if (auto ok = check_range(pools.models, "pools.models", 1); !ok) return ok;
  double shares = 0;
  for (const FixedPool& pool : pools.fixed) {
    if (auto ok = check_names(pool.models, catalog, "pools.fixed." + pool.name); !ok) return ok;
    shares += pool.share;
  }
  if (shares > 1 + 1e-9) return fail(ErrorKind::config, "pools.fixed: the shares add up to more than 1");
  if (auto ok = check_names(pools.held_out, catalog, "pools.held_out"); !ok) return ok;
  if (auto ok = check_names(pools.always, catalog, "pools.always"); !ok) return ok;
  for (const std::string& name : pools.always)
    if (contains(pools.held_out, name)) return fail(ErrorKind::config, "pools.always: " + name + " is held out");
  return {};
}

}  // namespace

Result<std::vector<Candidate>> candidates_of(const SampleSetOptions& options, const BuildInputs& inputs, BuildFigures& figures) {
  return Sieve(options, inputs, figures).run();
}

Result<void> check_options(const SampleSetOptions& options, const BuildInputs& inputs) {
  if (options.bands.hard_below > options.bands.easy_from) return fail(ErrorKind::config, "bands: hard_below lies above easy_from");
  const DisguiseOptions& disguise = options.disguise;
  if (disguise.price_factor_from > disguise.price_factor_to) return fail(ErrorKind::config, "disguise: price_factor_from lies above price_factor_to");
  const bool in_range = disguise.price_factor_from * kUnchangedPrice >= kMinPricePermille && disguise.price_factor_to * kUnchangedPrice <= kMaxPricePermille;
  if (disguise.score_shift < 0 || disguise.score_shift > kMaxScoreShift) return fail(ErrorKind::config, "disguise: score_shift must lie between 0 and 50");
  if (!in_range) return fail(ErrorKind::config, "disguise: price factors must lie between 0.01 and 100");
  if (options.max_prompt_tokens > 0 && !inputs.count_tokens) return fail(ErrorKind::config, "max_prompt_tokens: needs the model whose tokens are counted");
  return check_pools(options.pools, *inputs.catalog);
}

double rounded_share(std::int64_t part, std::int64_t whole) {
  constexpr double kDecimals = 10'000;
  return whole == 0 ? 0 : std::round(static_cast<double>(part) / static_cast<double>(whole) * kDecimals) / kDecimals;
}

}  // namespace xrouter::samples
