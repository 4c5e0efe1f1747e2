#include "xrouter/samples/sample.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <set>

#include "xrouter/json/parse.hpp"
#include "xrouter/json/writer.hpp"

namespace xrouter::samples {
namespace {

constexpr std::array<std::string_view, kStratumCount> kStrata = {"direct", "easy", "medium", "hard", "hopeless"};
constexpr std::size_t kMaxLineBytes = std::size_t{4} << 20;
constexpr std::size_t kMaxNameBytes = 128;
constexpr double kMaxCostWeight = 1000;

void write_model(json::Writer& out, const SampleModel& model) {
  out.begin_object().field("model", model.model.value);
  if (!model.alias.empty()) out.field("as", model.alias);
  if (model.price_permille != kUnchangedPrice) out.field("price_permille", model.price_permille);
  if (!model.described) out.field("described", false);
  if (model.score_shift != 0) out.field("score_shift", model.score_shift);
  out.end_object();
}

std::string name_in(json::ObjectReader& in, std::string_view field) {
  std::string name = in.string(field);
  if (in.ok() && (name.empty() || name.size() > kMaxNameBytes)) in.fail_at(field, "must have 1 to " + std::to_string(kMaxNameBytes) + " bytes");
  return name;
}

SampleModel read_model(json::ObjectReader& in) {
  SampleModel model;
  model.model = ModelId(name_in(in, "model"));
  if (in.has("as")) model.alias = name_in(in, "as");
  model.price_permille = in.optional_integer("price_permille", kMinPricePermille, kMaxPricePermille).value_or(kUnchangedPrice);
  model.described = in.optional_bool("described").value_or(true);
  model.score_shift = static_cast<int>(in.optional_integer("score_shift", -kMaxScoreShift, kMaxScoreShift).value_or(0));
  return model;
}

std::vector<SampleModel> read_models(json::ObjectReader& in) {
  const boost::json::array* list = in.optional_array("models", kMaxModelsOffered);
  if (!list || list->empty()) {
    if (in.ok()) in.fail_at("models", "must be a list of at least one model");
    return {};
  }
  std::vector<SampleModel> models;
  std::set<ModelId> seen;
  for (std::size_t i = 0; i < list->size() && in.ok(); ++i) {
    json::ObjectReader one((*list)[i], "models[" + std::to_string(i) + "]");
    models.push_back(read_model(one));
    in.take_error_of(one);
    if (in.ok() && !seen.insert(models.back().model).second) in.fail_at("models", "offers " + models.back().model.value + " twice");
  }
  return models;
}

std::optional<corpus::Question> read_own_question(json::ObjectReader& in) {
  const boost::json::value* value = in.find("question");
  if (!value) return std::nullopt;
  json::ObjectReader inner(*value, "question");
  corpus::Question question = corpus::read_question(inner);
  in.take_error_of(inner);
  return question;
}

Error config_error(const Error& cause) {
  return {.kind = ErrorKind::config, .public_text = "bad sample: " + cause.public_text, .internal_text = cause.internal_text};
}

}  // namespace

std::string_view to_text(Stratum stratum) { return kStrata[static_cast<std::size_t>(stratum)]; }

std::optional<Stratum> stratum_of(std::string_view text) {
  const auto found = std::find(kStrata.begin(), kStrata.end(), text);
  if (found == kStrata.end()) return std::nullopt;
  return static_cast<Stratum>(found - kStrata.begin());
}

std::string to_line(const RouterSample& sample) {
  json::Writer out;
  out.begin_object().field("id", sample.id);
  if (!sample.qid.empty()) out.field("qid", sample.qid);
  if (sample.question) {
    out.key("question").begin_object();
    corpus::write_question(out, *sample.question);
    out.end_object();
  }
  if (!sample.assumed_reply.empty()) out.field("reply", sample.assumed_reply);
  out.field("stratum", to_text(sample.stratum)).field("pass_rate", sample.pass_rate);
  out.key("models").begin_array();
  for (const SampleModel& model : sample.models) write_model(out, model);
  out.end_array();
  out.optional_field("cost_weight", sample.cost_weight);
  return out.end_object().take();
}

Result<RouterSample> parse_sample(std::string_view line) {
  auto value = json::parse(line, {.max_bytes = kMaxLineBytes});
  if (!value) return fail(config_error(value.error()));
  json::ObjectReader in(*value);
  RouterSample sample;
  sample.id = in.string("id");
  sample.qid = in.optional_string("qid").value_or("");
  sample.question = read_own_question(in);
  sample.assumed_reply = in.optional_string("reply").value_or("");
  constexpr std::size_t kMaxId = 512;
  if (in.ok() && sample.id.empty()) in.fail_at("id", "must not be empty");
  if (in.ok() && sample.id.size() > kMaxId) in.fail_at("id", "must have at most 512 bytes");
  if (in.ok() && sample.qid.empty() != sample.question.has_value()) in.fail_at("qid", "must be there, or else a question of the sample's own");
  if (in.ok() && !sample.question && !sample.assumed_reply.empty()) in.fail_at("reply", "belongs to a question of the sample's own");
  const std::string stratum = in.string("stratum");
  const auto known = stratum_of(stratum);
  if (in.ok() && !known) in.fail_at("stratum", "must be direct, easy, medium, hard or hopeless");
  sample.stratum = known.value_or(Stratum::medium);
  sample.pass_rate = in.number("pass_rate", 0, 1);
  sample.models = read_models(in);
  sample.cost_weight = in.optional_number("cost_weight", 0, kMaxCostWeight);
  if (!in.ok()) return fail(config_error(in.error()));
  return sample;
}

const SampleModel* offered_as(const RouterSample& sample, const ModelId& shown) {
  const auto shows = [&](const SampleModel& model) { return model.alias.empty() ? model.model == shown : model.alias == shown.value; };
  const auto found = std::find_if(sample.models.begin(), sample.models.end(), shows);
  return found == sample.models.end() ? nullptr : &*found;
}

}  // namespace xrouter::samples
