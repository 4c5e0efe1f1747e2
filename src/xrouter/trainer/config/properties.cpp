#include "xrouter/trainer/config/properties.hpp"

#include "xrouter/trainer/config/rules.hpp"

namespace xrouter::trainer {
namespace {

using namespace config::rules;
using config::About;
using config::Properties;
using config::section;

constexpr std::size_t kMaxList = 64;
constexpr int kMillion = 1'000'000;

About here(std::string text) { return {.text = std::move(text), .machine_bound = true}; }

void declare_model(Properties<TrainDraft>& list) {
  auto model = section(list, "model.", [](auto& draft) -> auto& { return draft.config.model; });
  using M = ModelConfig;
  model.field("folder", &M::folder, text(1),
              {.text = "Folder with config.json, the tokenizer and, unless `fresh`, weights; or a GGUF file; or the name of a pulled model. Relative to this "
                       "file, else to the data folder.",
               .required = true});
  model.field("fresh", &M::fresh, boolean(), {.text = "Draw new weights from the seed instead of reading them."});
  model.field("precision", &M::precision, one_of({"auto", "bf16", "f32"}),
              {.text = "What is computed in; master weights, gradients and moments are float32 always."});
  model.field("device", &M::device, text(1, 64), {.text = "cpu, cuda or cuda:N."});
  model.field("threads", &M::threads, whole_number<int>(0, 1024), {.text = "Of the computation on the processor; 0 is all cores."});
  model.field("checkpoint_activations", &M::checkpoint_activations, boolean(),
              {.text = "Recompute each layer in the backward pass: less memory, a third more work."});
  model.field("head_rows", &M::head_rows, whole_number<int>(1, kMillion), {.text = "Rows of logits that exist at once."});
  model.field("pack_tokens", &M::pack_tokens, whole_number<int>(1, kMillion),
              {.text = "Tokens of one forward and backward pass. A group that is longer goes alone. Changes speed and memory, never the result.", .unit = "tokens"});
  auto lora = section(list, "lora.", [](auto& draft) -> auto& { return draft.config.lora.options; });
  auto lora_switch = section(list, "lora.", [](auto& draft) -> auto& { return draft.config.lora; });
  lora_switch.field("enabled", &LoraConfig::enabled, boolean(), {.text = "Learn an adapter and leave the weights as they are."});
  lora.field("rank", &learner::LoraOptions::rank, whole_number<int>(1, 1024), {.text = "Of the adapter."});
  lora.field("alpha", &learner::LoraOptions::alpha, decimal(0.001, 100'000), {.text = "The adapter counts alpha / rank."});
  lora.field("modules", &learner::LoraOptions::modules, list_of(text(1, 64), kMaxList), {.text = "Linear layers that get one."});
}

void declare_data(Properties<TrainDraft>& list) {
  auto data = section(list, "data.", [](auto& draft) -> auto& { return draft.config.data; });
  using D = DataConfig;
  data.field("service", &D::service, text(),
             {.text = "An xrouter.yaml with catalogue, corpora and, for live training, upstreams; empty takes the shipped catalogue and corpora."});
  data.field("train", &D::train, text(), {.text = "Sample set to learn from, made by `xrouter data samples`."});
  data.field("validation", &D::validation, text(), {.text = "Sample set of the validation; empty: there is none."});
  data.field("texts", &D::texts, list_of(text(1), kMaxList), {.text = "Stages `language`: files of JSON lines with a member `text`."});
  data.field("recorded_texts", &D::recorded_texts, boolean(), {.text = "Stages `language`: also the recorded questions and answers of split train."});
  data.field("text_tokens", &D::text_tokens, whole_number<int>(8, kMillion), {.text = "Stages `language`: a text is cut after so many.", .unit = "tokens"});
  data.field("text_answers", &D::text_answers, whole_number<int>(1, 100), {.text = "Recorded texts: of each question, each with the answer of another model."});
  data.field("text_verdicts", &D::text_verdicts, decimal(0, 1),
             {.text = "Recorded texts: share that tells, instead of an answer, which models were right on the question."});
  data.field("text_rankings", &D::text_rankings, decimal(0, 1),
             {.text = "Recorded texts: share of drills in reading prices: models at changed prices, ranked by score less what price takes off at a "
                      "cost weight of `cost_weight.values`. With `data.text_verdicts` at most 1."});
}

void declare_cost_weight(Properties<TrainDraft>& list) {
  auto s = section(list, "cost_weight.", [](auto& draft) -> auto& { return draft.config.cost_weight; });
  using C = CostWeightConfig;
  s.field("draw", &C::draw,
          word_for<WeightDraw>({{"list", WeightDraw::list}, {"uniform", WeightDraw::uniform}, {"log_uniform", WeightDraw::log_uniform}}),
          {.text = "How a group's cost weight is drawn when its sample has none. It is told to the router and used in the reward."});
  s.field("values", &C::values, each(decimal(0, 1e6), 1, kMaxList), {.text = "list: one of these, each alike."});
  s.field("min", &C::min, decimal(0.0001, 1e6), {.text = "uniform, log_uniform: the least."});
  s.field("max", &C::max, decimal(0.0001, 1e6), {.text = "uniform, log_uniform: the largest."});
  s.field("zero_share", &C::zero_share, decimal(0, 1), {.text = "uniform, log_uniform: share of groups with weight 0, where quality alone counts."});
  s.field("per_sample", &C::per_sample, whole_number<int>(1, 64),
          {.text = "Groups of each sample that stand side by side at different weights (a sample with a weight of its own keeps it). Their prompts are alike up "
                   "to the weight, and that part is computed once in each shard and pass."});
  s.field("told", &C::told, or_none(decimal(0, 1e6)),
          {.text = "Tell the router this number instead, whatever the reward uses: shows what conditioning is worth."});
}

void declare_rollout(Properties<TrainDraft>& list) {
  auto s = section(list, "rollout.", [](auto& draft) -> auto& { return draft.config.rollout; });
  using R = RolloutConfig;
  s.field("group_size", &R::group_size, whole_number<int>(1, 1024), {.text = "Rollouts of one prompt."});
  s.field("shard_groups", &R::shard_groups, whole_number<int>(1, 4096),
          {.text = "Groups that are rolled out side by side on one process. The same for any number of processes, so that results are too."});
  s.field("temperature", &R::temperature, decimal(0, 2), {.text = "At which decisions are drawn."});
  s.field("mode", &R::mode, word_for<Mode>({{"agent", Mode::agent}, {"simple", Mode::simple}}), {.text = "As `episode.mode` of xrouter.yaml."});
  s.field("max_turns", &R::max_turns, whole_number<int>(1, 100), {.text = "Decisions of one episode."});
  s.field("max_calls", &R::max_calls, whole_number<int>(1, 1000), {.text = "Model calls of one episode."});
  s.field("max_calls_per_turn", &R::max_calls_per_turn, whole_number<int>(1, 100), {.text = "Model calls of one decision."});
  s.field("on_turn_limit", &R::on_turn_limit, word_for<OnTurnLimit>({{"last_reply", OnTurnLimit::last_reply}, {"fail", OnTurnLimit::fail}}),
          {.text = "At the turn limit without a choice: the last good answer, or a failure."});
  s.field("max_output_tokens", &R::max_output_tokens, whole_number<int>(8, kMillion), {.text = "Of one decision.", .unit = "tokens"});
  s.field("input_price", &R::input_price, usd_per_mtok(), {.text = "What the router's own reading costs; null: nothing.", .unit = "USD/M tokens"});
  s.field("output_price", &R::output_price, usd_per_mtok(), {.text = "What the router's own writing costs; null: nothing.", .unit = "USD/M tokens"});
}

void declare_live(Properties<TrainDraft>& list) {
  auto s = section(list, "live.", [](auto& draft) -> auto& { return draft.config.live; });
  using Mode = replay::ReplayMode;
  s.field("replay", &LiveConfig::replay, text(),
          {.text = "File that keeps what live models answer (docs/replay.md), so that a repeated run asks nobody; empty: nothing is kept. Models of the samples that are not "
                   "recorded are live: the upstreams of `data.service` are asked, in real time."});
  s.field("replay_mode", &LiveConfig::replay_mode, word_for<Mode>({{"replay", Mode::replay}, {"strict", Mode::strict}, {"record", Mode::record}}),
          {.text = "What is asked: what the file lacks, nothing (a missing answer is an error of the call), or everything anew."});
}

void declare_teacher(Properties<TrainDraft>& list) {
  auto weights = section(list, "teacher.", [](auto& draft) -> auto& { return draft.config.teacher.weights; });
  using W = rollout::PlanWeights;
  constexpr double kMost = 1000;
  weights.field("final_call", &W::final_call, decimal(0, kMost), {.text = "Weight of: one call whose answer goes to the user as it is. A plan is shown more often where it is expected to pay."});
  weights.field("look", &W::look, decimal(0, kMost), {.text = "Weight of: a call whose answer is selected when it states one, else another model is asked."});
  weights.field("pair", &W::pair, decimal(0, kMost), {.text = "Weight of: two calls at once, selected where they agree, else a third model is asked, and perhaps a fourth."});
  weights.field("cheapest", &W::cheapest, decimal(0, 1), {.text = "Share of all plans that call the cheapest model, whatever it can do."});
  weights.field("strongest", &W::strongest, decimal(0, 1), {.text = "Share of all plans that call the most accurate model, whatever it costs."});
  weights.field("direct", &W::direct, decimal(0, kMost), {.text = "Weight of: an answer without a call, on questions of the stratum `direct`."});
  auto s = section(list, "teacher.", [](auto& draft) -> auto& { return draft.config.teacher; });
  using T = rollout::TeacherOptions;
  s.field("hindsight", &T::hindsight, decimal(0, 1), {.text = "How much of what a plan is expected to earn is what it would earn on this very question; the rest is what it earns on questions of the kind."});
  s.field("prior_questions", &T::prior_questions, decimal(0, 1e6), {.text = "What a plan earns on all questions that the same models are recorded for counts as much as so many questions of the kind: the best of thousands of plans on a few hundred questions owes much to chance.", .unit = "questions"});
  s.field("temperature", &T::temperature, decimal(0.001, 1000), {.text = "In units of reward; small: only the best plan is shown."});
}

void declare_validation(Properties<TrainDraft>& list) {
  auto s = section(list, "validation.", [](auto& draft) -> auto& { return draft.config.validation; });
  using V = ValidationConfig;
  s.field("every", &V::every, whole_number<int>(0, kMillion), {.text = "Between two validations within a stage; 0: at its end only.", .unit = "steps"});
  s.field("samples", &V::samples, whole_number<int>(0, kMillion), {.text = "The first so many of the set; 0: all."});
  s.field("cost_weights", &V::cost_weights, each(decimal(0, 1e6), 1, kMaxList), {.text = "Each sample is decided once at each of these, taking the likeliest decision."});
  s.field("best_by", &V::best_by, word_for<BestBy>({{"reward", BestBy::reward}, {"accuracy", BestBy::accuracy}, {"hull_margin", BestBy::hull_margin}}),
          {.text = "The best checkpoint has the highest mean of this over the cost weights."});
}

void declare_run(Properties<TrainDraft>& list) {
  auto checkpoint = section(list, "checkpoint.", [](auto& draft) -> auto& { return draft.config.checkpoint; });
  checkpoint.field("every", &CheckpointConfig::every, whole_number<int>(1, kMillion), here("Between two checkpoints, in steps."));
  checkpoint.field("keep", &CheckpointConfig::keep, whole_number<int>(1, 10'000), here("The newest so many; the best one stays besides."));
  auto distributed = section(list, "distributed.", [](auto& draft) -> auto& { return draft.config.distributed; });
  distributed.field("timeout_seconds", &DistributedConfig::timeout_seconds, whole_number<int>(1, 86'400),
                    here("Longest wait for the other processes of the run, in seconds."));
}

config::Property<TrainDraft> stages_property() {
  return {.name = "stages",
          .type = "a list of stages",
          .about = {.text = "What is done, one after the other; see below.", .required = true},
          .set = [](TrainDraft& draft, const config::YamlNode& node) -> std::optional<config::Problem> {
            draft.stages = node;
            return std::nullopt;
          },
          .show = {}};
}

Properties<StageDraft> declare_stage() {
  Properties<StageDraft> list;
  auto s = section(list, "", [](auto& draft) -> auto& { return draft.value; });
  using S = StageConfig;
  s.field("kind", &S::kind,
          word_for<StageKind>({{"language", StageKind::language}, {"warm_start", StageKind::warm_start}, {"dapo", StageKind::dapo}}),
          {.text = "`language`: texts; `warm_start`: trajectories computed from recorded outcomes; `dapo`: reinforcement learning.", .required = true});
  s.field("name", &S::name, text(1, 64), {.text = "Unique within the file; the kind by default."});
  s.field("steps", &S::steps, whole_number<int>(0, kMillion), {.text = "Optimizer steps, or for dapo rounds of rollouts; 0: as `epochs` says.", .unit = "steps"});
  s.field("epochs", &S::epochs, decimal(0.001, 100'000), {.text = "Passes over the samples or texts."});
  s.field("batch", &S::batch, whole_number<int>(1, 100'000), {.text = "Texts, trajectories, or groups drawn at once."});
  s.field("updates", &S::updates, whole_number<int>(1, 1000), {.text = "dapo: optimizer steps of one round, each on its share of the groups."});
  auto schedule = section(list, "", [](auto& draft) -> auto& { return draft.value.schedule; });
  using R = rl::ScheduleOptions;
  schedule.field("learning_rate", &R::peak, decimal(0, 1), {.text = "The largest."});
  schedule.field("warm_up_steps", &R::warm_up_steps, whole_number<std::int64_t>(0, kMillion), {.text = "It rises over so many.", .unit = "steps"});
  schedule.field("decay", &R::decay,
                 word_for<rl::Decay>({{"constant", rl::Decay::constant}, {"linear", rl::Decay::linear}, {"cosine", rl::Decay::cosine}}),
                 {.text = "How it falls afterwards."});
  schedule.field("final_share", &R::final_share, decimal(0, 1), {.text = "linear, cosine: share of it at the last step."});
  return list;
}

}  // namespace

const Properties<TrainDraft>& train_properties() {
  static const Properties<TrainDraft> kList = [] {
    Properties<TrainDraft> list;
    auto top = section(list, "", [](auto& draft) -> auto& { return draft.config; });
    top.field("seed", &TrainConfig::seed, whole_number<std::uint64_t>(0, std::int64_t{1} << 53),
              {.text = "Of everything that is drawn by chance. The same seed, data and machine give the same weights, bit for bit."});
    declare_model(list);
    declare_data(list);
    list.push_back(stages_property());
    declare_rollout(list);
    declare_live(list);
    declare_cost_weight(list);
    declare_teacher(list);
    declare_learning(list);
    declare_validation(list);
    declare_run(list);
    return list;
  }();
  return kList;
}

const Properties<StageDraft>& stage_properties() {
  static const Properties<StageDraft> kList = declare_stage();
  return kList;
}

}  // namespace xrouter::trainer
