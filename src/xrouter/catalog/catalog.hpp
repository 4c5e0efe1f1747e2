// The models of a pool, looked up by id and by tool name. Immutable once made, so a snapshot can
// be shared by every thread; a reload makes a new one.
#pragma once

#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/catalog/model.hpp"

namespace xrouter {

class ModelCatalog {
 public:
  /// Errors (ErrorKind::config): duplicate id; two ids with one tool name; a price outside
  /// 0.001 to 1,000 USD per million tokens (kMinPicoPerToken, kMaxPicoPerToken) that is not exactly
  /// zero; a price per call outside 0 to 100 USD (kMaxPerCall).
  static Result<std::shared_ptr<const ModelCatalog>> make(std::vector<ModelSpec> models);

  std::span<const ModelSpec> models() const { return models_; }
  /// nullptr when unknown. The pointer lives as long as the catalogue.
  const ModelSpec* find(const ModelId& id) const;
  const ModelSpec* find_by_tool_name(const std::string& tool_name) const;
  /// Human hints for findings that are not errors: output cheaper than input, unknown price.
  std::vector<std::string> warnings() const;

 private:
  explicit ModelCatalog(std::vector<ModelSpec> models) : models_(std::move(models)) {}
  std::vector<ModelSpec> models_;
  std::unordered_map<ModelId, std::size_t> by_id_;
  std::unordered_map<std::string, std::size_t> by_tool_;
};

/// Sane range of a per-token price: 0.001 and 1,000 USD per million tokens. A unit slip (per
/// thousand, per character, cents) falls outside.
inline constexpr std::int64_t kMinPicoPerToken = 1'000;
inline constexpr std::int64_t kMaxPicoPerToken = 1'000'000'000;
/// The most that one call may cost beside its tokens: 100 USD.
inline constexpr Usd kMaxPerCall = Usd::from_pico(100'000'000'000'000);

}  // namespace xrouter
