// The names a client may put into `model`, and what each of them means.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "xrouter/config/config.hpp"

namespace xrouter::service {

struct PublicModel {
  std::string name;
  const ModelSpec* pool_model = nullptr;  ///< null: the router itself
};

/// Immutable. A pool model is public when something can answer for it: a configured upstream, or
/// the recorded pool. Names of the router win over a pool model of the same name.
class PublicModels {
 public:
  explicit PublicModels(const config::Config& config);
  /// Router name, aliases, then pool models in the catalogue's order.
  const std::vector<PublicModel>& list() const { return list_; }
  /// nullptr when unknown.
  const PublicModel* find(std::string_view name) const;

 private:
  std::vector<PublicModel> list_;
  std::unordered_map<std::string, std::size_t> by_name_;
};

/// True when a call to the model has somewhere to go under this configuration.
bool is_reachable(const ModelSpec& model, const config::Config& config);

}  // namespace xrouter::service
