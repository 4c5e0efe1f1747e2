// What a training run is, as one immutable value. Every field has a default; train.yaml lays over it. The fields are
// declared once, in properties.cpp, from which the parser, `xrouter train docs` and the hash are made.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "xrouter/base/usd.hpp"
#include "xrouter/engine/spec.hpp"
#include "xrouter/learner/learner.hpp"
#include "xrouter/rl/advantage.hpp"
#include "xrouter/rl/alarms.hpp"
#include "xrouter/rl/loss.hpp"
#include "xrouter/rl/reward.hpp"
#include "xrouter/rl/schedule.hpp"
#include "xrouter/rl/selection.hpp"
#include "xrouter/replay/replay_options.hpp"
#include "xrouter/rollout/teacher/options.hpp"

namespace xrouter::trainer {

struct ModelConfig {
  std::string folder = {};         ///< config, tokenizer and, unless fresh, weights
  bool fresh = false;              ///< new weights drawn from the seed
  std::string precision = "auto";  ///< auto | bf16 | f32
  std::string device = "cpu";
  int threads = 0;                 ///< 0: all cores
  bool checkpoint_activations = false;
  int head_rows = 1024;
  int pack_tokens = 4096;          ///< of one forward and backward pass; a longer trajectory goes alone
};

struct LoraConfig {
  bool enabled = false;
  learner::LoraOptions options = {};
};

struct DataConfig {
  std::string service = {};             ///< an xrouter.yaml; its catalogue, corpora and upstreams. Empty: the built-in one
  std::string train = {};               ///< sample set
  std::string validation = {};          ///< sample set; empty: no validation
  std::vector<std::string> texts = {};  ///< language: files of {"text"} lines beside the recorded answers
  bool recorded_texts = true;           ///< language: questions and answers of split train
  int text_tokens = 512;                ///< a text is cut after so many
  int text_answers = 2;                 ///< recorded_texts: texts of each question
  double text_verdicts = 0.2;           ///< recorded_texts: share that tells which models were right instead of an answer
  double text_rankings = 0;             ///< recorded_texts: share of drills in reading prices
};

/// How the cost weight of a group is drawn, unless its sample has one.
enum class WeightDraw { list, uniform, log_uniform };
struct CostWeightConfig {
  WeightDraw draw = WeightDraw::log_uniform;
  std::vector<double> values = {0, 0.25, 0.5, 1, 2, 4};  ///< list
  double min = 0.1, max = 8;         ///< uniform, log_uniform
  double zero_share = 0.1;           ///< uniform, log_uniform: of groups with weight 0
  int per_sample = 1;                ///< groups of one sample in a row, each at a weight of its own
  std::optional<double> told = {};   ///< what the router is told instead, whatever the reward uses: an ablation
};

struct RolloutConfig {
  int group_size = 8;
  int shard_groups = 16;  ///< rolled out side by side on one process, whatever the number of processes
  double temperature = 1;
  Mode mode = Mode::agent;
  // What a router learns within is what a server grants by default: it never chose between ending and a call too many
  // where its grammar did not let it.
  int max_turns = EpisodeLimits{}.max_turns;
  int max_calls = EpisodeLimits{}.max_calls;
  int max_calls_per_turn = EpisodeLimits{}.max_calls_per_turn;
  OnTurnLimit on_turn_limit = OnTurnLimit::last_reply;
  int max_output_tokens = 256;                 ///< of one decision
  std::optional<Usd> input_price = {};         ///< of the router, for a token; empty: deciding is free
  std::optional<Usd> output_price = {};
};

/// Of models that are not recorded.
struct LiveConfig {
  std::string replay = {};  ///< file that keeps their answers; empty: none
  replay::ReplayMode replay_mode = replay::ReplayMode::replay;
};

struct RewardConfig {
  rl::RewardOptions options = {};
  std::string reference = "best";  ///< a model's id; best: the first offered one by accuracy on split train; mean: of the pool
};

struct SelectionConfig {
  rl::SelectionOptions options = {};
  int max_generations = 4;  ///< times that a step draws groups; then it learns from what there is
};

struct OptimizerConfig {
  double weight_decay = 0.01;
  double beta1 = 0.9, beta2 = 0.95, epsilon = 1e-8;
  double max_grad_norm = 1;
};

enum class StageKind { language, warm_start, dapo };

struct StageConfig {
  std::string name = {};  ///< unique; the kind by default
  StageKind kind = StageKind::dapo;
  int steps = 0;          ///< 0: as `epochs` says
  double epochs = 1;      ///< passes over its samples or texts
  int batch = 64;         ///< texts, trajectories, or groups drawn at once
  int updates = 1;        ///< dapo: mini-batches of one step
  rl::ScheduleOptions schedule = {.peak = 1e-4, .warm_up_steps = 10, .final_share = 0.1};
};

/// What the best checkpoint is.
enum class BestBy { reward, accuracy, hull_margin };
struct ValidationConfig {
  int every = 25;      ///< steps of dapo; 0: at the end of a stage only
  int samples = 200;   ///< the first of the set; 0: all
  std::vector<double> cost_weights = {0, 0.5, 1, 2, 4};
  BestBy best_by = BestBy::reward;
};

struct CheckpointConfig {
  int every = 25;  ///< steps
  int keep = 3;    ///< newest, beside the best
};

struct AlarmConfig {
  bool enabled = true;
  rl::AlarmOptions options = {};
  int max_rollbacks = 3;
  double learning_rate_factor = 0.5;  ///< of all later steps, after each roll-back
};

struct DistributedConfig {
  int timeout_seconds = 600;
};

struct TrainConfig {
  std::uint64_t seed = 1;
  ModelConfig model = {};
  LoraConfig lora = {};
  DataConfig data = {};
  CostWeightConfig cost_weight = {};
  rollout::TeacherOptions teacher = {};
  RolloutConfig rollout = {};
  LiveConfig live = {};
  RewardConfig reward = {};
  rl::AdvantageOptions advantage = {};
  bool running_cost_scale = false;  ///< of split advantages: divide by the running deviation of cost
  rl::LossOptions loss = {.correction = rl::Correction::token_tis};  ///< groups wait some steps before they are used
  SelectionConfig selection = {};
  OptimizerConfig optimizer = {};
  ValidationConfig validation = {};
  CheckpointConfig checkpoint = {};
  AlarmConfig alarms = {};
  DistributedConfig distributed = {};
  std::vector<StageConfig> stages = {};
  std::string source = "train.yaml";  ///< file name, for messages and relative paths
  std::string text = {};              ///< of the file
};

}  // namespace xrouter::trainer
