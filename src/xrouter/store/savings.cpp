#include "xrouter/store/savings.hpp"

#include <cmath>
#include <map>
#include <tuple>

namespace xrouter::store {
namespace {

struct Reference {
  std::string model;
  Usd input = Usd::zero();
  Usd output = Usd::zero();
};

/// The successful calls of one request.
struct Answered {
  std::string id;
  std::string pool;
  std::string answer_call;
  Usd spent = Usd::zero();
  std::int64_t calls = 0;
  std::int64_t prompt_tokens = 0;      // sum over calls
  std::int64_t completion_tokens = 0;  // sum over calls
  std::optional<std::int64_t> answer_tokens = {};
  std::map<std::string, Usd> cost_of_model = {};
};

Result<std::map<std::string, Reference>> references(Database& database, const std::string& wanted) {
  std::map<std::string, Reference> by_pool;
  auto read = database.each(
      "SELECT pool, model, input_pico, output_pico FROM pool_models WHERE input_pico IS NOT NULL AND output_pico IS NOT NULL AND (model = ?1 OR ?1 = '')",
      [&](const Row& row) {
        const Reference offered{.model = row.text(1), .input = Usd::from_pico(row.integer(2)), .output = Usd::from_pico(row.integer(3))};
        Reference& dearest = by_pool[row.text(0)];
        if (std::tie(offered.output, offered.input) > std::tie(dearest.output, dearest.input) || dearest.model.empty()) dearest = offered;
      },
      wanted);
  if (!read) return fail(std::move(read.error()));
  return by_pool;
}

Result<std::map<std::string, std::int64_t>> mean_output_tokens(LedgerReader& reader) {
  std::map<std::string, std::int64_t> means;
  auto read = reader.database().each(
      "SELECT model, cast(round(avg(completion_tokens)) AS INTEGER) FROM attempts WHERE status = 'ok' AND spender = 'target' AND started_ms >= ? GROUP BY 1",
      [&](const Row& row) { means[row.text(0)] = row.integer(1); }, reader.since_ms());
  if (!read) return fail(std::move(read.error()));
  return means;
}

class Comparison {
 public:
  Comparison(std::map<std::string, Reference> references, std::map<std::string, std::int64_t> means)
      : references_(std::move(references)), means_(std::move(means)) {}

  void add(const Answered& request) {
    const auto reference = references_.find(request.pool);
    if (reference == references_.end()) return;
    const auto cost = reference_cost(request, reference->second);
    const auto sum = cost ? result_.reference_cost.checked_add(*cost) : std::nullopt;
    const auto spent = result_.spent.checked_add(request.spent);
    if (!sum || !spent) {
      overflow_ = true;
      return;
    }
    result_.reference_cost = *sum;
    result_.spent = *spent;
    ++result_.compared;
    const bool same = result_.reference.empty() || result_.reference == reference->second.model;
    result_.reference = same ? reference->second.model : "several";
  }

  Result<Savings> finish(std::int64_t answered) {
    if (overflow_) return fail(ErrorKind::io, "The savings exceed 9.2 million USD, more than a sum can hold; use --since.");
    result_.not_compared = answered - result_.compared;
    return result_;
  }

 private:
  std::optional<Usd> reference_cost(const Answered& request, const Reference& reference) {
    const auto itself = request.cost_of_model.find(reference.model);
    if (itself != request.cost_of_model.end()) {
      ++result_.exact;
      return itself->second;
    }
    const std::int64_t prompt = (request.prompt_tokens + request.calls - 1) / request.calls;
    const auto mean = means_.find(reference.model);
    std::int64_t output = 0;
    if (mean != means_.end()) {
      ++result_.by_own_mean;
      output = mean->second;
    } else {
      ++result_.by_same_length;
      output = request.answer_tokens.value_or((request.completion_tokens + request.calls - 1) / request.calls);
    }
    const auto input_cost = reference.input.checked_mul(prompt);
    const auto output_cost = reference.output.checked_mul(output);
    return input_cost && output_cost ? input_cost->checked_add(*output_cost) : std::nullopt;
  }

  std::map<std::string, Reference> references_;
  std::map<std::string, std::int64_t> means_;
  Savings result_;
  bool overflow_ = false;
};

void add_call(Answered& request, const Row& row) {
  ++request.calls;
  request.prompt_tokens += row.integer(6);
  request.completion_tokens += row.integer(7);
  if (row.text(5) == request.answer_call) request.answer_tokens = row.integer(7);
  if (row.integer(9) != 0) request.cost_of_model.emplace(row.text(4), Usd::from_pico(row.integer(8)));
}

}  // namespace

Result<Savings> savings(LedgerReader& reader, const std::string& reference_model) {
  auto offered = references(reader.database(), reference_model);
  if (!offered) return fail(std::move(offered.error()));
  auto means = mean_output_tokens(reader);
  if (!means) return fail(std::move(means.error()));
  Comparison comparison(std::move(*offered), std::move(*means));
  Answered current;
  auto read = reader.database().each(
      "SELECT r.id, r.pool, r.answer_call, r.cost_pico, a.model, a.call, a.prompt_tokens, a.completion_tokens, a.cost_pico, a.cost_complete "
      "FROM requests r JOIN attempts a ON a.request = r.id AND a.spender = 'target' AND a.status = 'ok' "
      "WHERE r.status = 'ok' AND r.cost_complete = 1 AND r.started_ms >= ? ORDER BY r.id, a.turn, a.call, a.attempt",
      [&](const Row& row) {
        std::string id = row.text(0);
        if (id != current.id) {
          if (current.calls > 0) comparison.add(current);
          current = Answered{.id = std::move(id), .pool = row.text(1), .answer_call = row.text(2), .spent = Usd::from_pico(row.integer(3))};
        }
        add_call(current, row);
      },
      reader.since_ms());
  if (!read) return fail(std::move(read.error()));
  if (current.calls > 0) comparison.add(current);
  auto answered = reader.database().integer("SELECT count(*) FROM requests WHERE status = 'ok' AND started_ms >= ?", reader.since_ms());
  if (!answered) return fail(std::move(answered.error()));
  return comparison.finish(*answered);
}

}  // namespace xrouter::store
