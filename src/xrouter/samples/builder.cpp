#include "xrouter/samples/builder.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <string>

#include "xrouter/base/rng.hpp"
#include "xrouter/base/suggest.hpp"
#include "xrouter/samples/candidates.hpp"
#include "xrouter/samples/draw.hpp"

namespace xrouter::samples {
namespace {

/// A sample with what orders it.
struct Drawn {
  RouterSample sample = {};
  const Candidate* candidate = nullptr;
  std::string pool = {};
  std::uint64_t shuffle_key = 0;
};

/// Chance that belongs to one question or sample alone, so that others may come and go.
std::uint64_t key_of(const SampleSetOptions& options, std::string_view purpose, const std::string& id) {
  return Rng(options.seed).fork(purpose, fnv1a64(id)).next();
}

/// At most cap_per_source questions of each stratum and source, by chance.
std::vector<const Candidate*> capped(const SampleSetOptions& options, const std::vector<Candidate>& candidates, BuildFigures& figures) {
  std::map<std::pair<Stratum, std::string>, std::vector<const Candidate*>> groups;
  for (const Candidate& candidate : candidates) groups[{candidate.stratum, candidate.question.source}].push_back(&candidate);
  std::vector<const Candidate*> kept;
  for (auto& [group, members] : groups) {
    const std::size_t cap = options.of(group.first).cap_per_source;
    if (cap > 0 && members.size() > cap) {
      const auto key = [&](const Candidate* candidate) { return key_of(options, "cap", candidate->question.qid); };
      std::sort(members.begin(), members.end(), [&](const Candidate* a, const Candidate* b) { return key(a) < key(b); });
      figures.of(LeftOut::over_cap) += static_cast<std::int64_t>(members.size() - cap);
      members.resize(cap);
    }
    kept.insert(kept.end(), members.begin(), members.end());
  }
  return kept;
}

/// A slip of the pen would repeat nothing and say nothing.
Result<void> check_repeated(const SampleSetOptions& options, const std::vector<Candidate>& candidates) {
  std::set<std::string> sources;
  for (const Candidate& candidate : candidates) sources.insert(candidate.question.source);
  for (const std::string& name : options.repeated_sources) {
    if (sources.contains(name)) continue;
    const std::vector<std::string> known(sources.begin(), sources.end());
    return fail(ErrorKind::config, "repeated_sources: no question is of '" + name + "'" + did_you_mean(name, known));
  }
  return {};
}

class Builder {
 public:
  Builder(const SampleSetOptions& options, const BuildInputs& inputs, BuildFigures& figures, const std::vector<Candidate>& candidates)
      : options_(options), inputs_(inputs), figures_(figures) {
    for (const Candidate& candidate : candidates)
      if (candidate.recorded) lenders_.push_back(&candidate);
  }

  Result<std::vector<Drawn>> draw_all(const std::vector<const Candidate*>& candidates) const {
    std::vector<Drawn> out;
    std::set<std::string> qids;
    for (const Candidate* candidate : candidates) {
      if (!qids.insert(candidate->question.qid).second)
        return fail(ErrorKind::config, "The id " + candidate->question.qid + " is that of two questions; give those of your own files ids (\"qid\").");
      for (int copy = 0; copy < copies_of(*candidate); ++copy) {
        out.push_back(draw(*candidate, copy));
        if (auto shown = catalog_of(out.back().sample, *inputs_.catalog); !shown) return fail(shown.error());
      }
    }
    const auto before = [](const Drawn& a, const Drawn& b) { return std::tie(a.shuffle_key, a.sample.id) < std::tie(b.shuffle_key, b.sample.id); };
    std::sort(out.begin(), out.end(), before);
    return out;
  }

  int copies_of(const Candidate& candidate) const {
    const std::vector<std::string>& again = options_.repeated_sources;
    const bool repeated = std::find(again.begin(), again.end(), candidate.question.source) != again.end();
    return options_.of(candidate.stratum).copies * (repeated ? options_.repetitions : 1);
  }

  /// Those that are short enough, until there are enough.
  Result<std::vector<Drawn>> filtered(std::vector<Drawn> drawn) const {
    std::vector<Drawn> kept;
    for (Drawn& one : drawn) {
      if (options_.max_samples > 0 && kept.size() == options_.max_samples) {
        ++figures_.of(LeftOut::over_max_samples);
        continue;
      }
      auto fits = short_enough(one);
      if (!fits) return fail(fits.error());
      *fits ? kept.push_back(std::move(one)) : static_cast<void>(++figures_.of(LeftOut::too_long));
    }
    return kept;
  }

 private:
  Drawn draw(const Candidate& candidate, int copy) const {
    Drawn out{.candidate = &candidate};
    RouterSample& sample = out.sample;
    sample.id = candidate.question.qid + "#" + std::to_string(copy);
    out.shuffle_key = key_of(options_, "order", sample.id);
    Rng rng = Rng(options_.seed).fork("sample", fnv1a64(sample.id));
    if (candidate.recorded) {
      sample.qid = candidate.question.qid;
    } else {
      sample.question = candidate.question;
      sample.assumed_reply = candidate.assumed_reply;
    }
    sample.stratum = candidate.stratum;
    sample.pass_rate = candidate.pass_rate;
    DrawnPool pool = draw_pool(options_.pools, models_for(candidate, rng), rng);
    sample.models = disguised(options_.disguise, pool.models, rng);
    if (!options_.cost_weights.empty()) sample.cost_weight = options_.cost_weights[rng.below(options_.cost_weights.size())];
    out.pool = std::move(pool.name);
    return out;
  }

  // Small talk is offered what some recorded question is offered: its pool must not tell it apart.
  const std::vector<const ModelSpec*>& models_for(const Candidate& candidate, Rng& rng) const {
    const bool borrows = !candidate.assumed_reply.empty() && !lenders_.empty();
    return borrows ? lenders_[rng.below(lenders_.size())]->models : candidate.models;
  }

  Result<bool> short_enough(const Drawn& drawn) const {
    if (!inputs_.count_tokens) return true;
    const auto tokens = inputs_.count_tokens(drawn.sample, drawn.candidate->question);
    if (!tokens) return fail(tokens.error());
    const bool fits = options_.max_prompt_tokens == 0 || *tokens <= options_.max_prompt_tokens;
    if (fits) figures_.prompt_tokens.push_back(*tokens);
    return fits;
  }

  const SampleSetOptions& options_;
  const BuildInputs& inputs_;
  BuildFigures& figures_;
  std::vector<const Candidate*> lenders_;
};

void arrange(std::vector<Drawn>& drawn, Order order) {
  if (order == Order::easy_first)
    std::stable_sort(drawn.begin(), drawn.end(), [](const Drawn& a, const Drawn& b) { return a.sample.stratum < b.sample.stratum; });
  if (order == Order::by_pass_rate)
    std::stable_sort(drawn.begin(), drawn.end(), [](const Drawn& a, const Drawn& b) { return a.sample.pass_rate > b.sample.pass_rate; });
}

void count(const std::vector<Drawn>& drawn, BuildFigures& figures) {
  std::vector<const Candidate*> questions;
  for (const Drawn& one : drawn) {
    const RouterSample& sample = one.sample;
    questions.push_back(one.candidate);
    ++figures.by_stratum[std::string(to_text(sample.stratum))];
    ++figures.by_source[one.candidate->question.source];
    ++figures.by_pool[one.pool];
    ++figures.by_pool_size[static_cast<int>(sample.models.size())];
    for (const SampleModel& model : sample.models) {
      ++figures.by_model[model.model.value];
      ++figures.offered_models;
      figures.renamed_models += model.alias.empty() ? 0 : 1;
      figures.withheld_descriptions += model.described ? 0 : 1;
      figures.changed_prices += model.price_permille == kUnchangedPrice ? 0 : 1;
    }
  }
  std::sort(questions.begin(), questions.end());
  figures.questions = std::unique(questions.begin(), questions.end()) - questions.begin();
  std::sort(figures.prompt_tokens.begin(), figures.prompt_tokens.end());
}

}  // namespace

std::string_view to_text(LeftOut reason) {
  switch (reason) {
    case LeftOut::other_split: return "other_split";
    case LeftOut::held_out: return "held_out";
    case LeftOut::other_source: return "other_source";
    case LeftOut::repeated_prompt: return "repeated_prompt";
    case LeftOut::not_gradable: return "not_gradable";
    case LeftOut::too_few_models: return "too_few_models";
    case LeftOut::over_cap: return "over_cap";
    case LeftOut::too_long: return "too_long";
    case LeftOut::over_max_samples: return "over_max_samples";
  }
  return "other_split";
}

Result<BuiltSet> build(const SampleSetOptions& options, const BuildInputs& inputs) {
  if (auto sound = check_options(options, inputs); !sound) return fail(sound.error());
  BuiltSet built;
  const auto candidates = candidates_of(options, inputs, built.figures);
  if (!candidates) return fail(candidates.error());
  if (auto known = check_repeated(options, *candidates); !known) return fail(known.error());
  const Builder builder(options, inputs, built.figures, *candidates);
  auto drawn = builder.draw_all(capped(options, *candidates, built.figures)).and_then([&](std::vector<Drawn> all) { return builder.filtered(std::move(all)); });
  if (!drawn) return fail(drawn.error());
  if (drawn->empty()) return fail(ErrorKind::config, "no question is left: the options leave all of them out");
  arrange(*drawn, options.order);
  count(*drawn, built.figures);
  for (Drawn& one : *drawn) built.samples.push_back(std::move(one.sample));
  return built;
}

}  // namespace xrouter::samples
