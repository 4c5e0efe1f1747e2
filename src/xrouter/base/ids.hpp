// Strong names for identifiers: a call id cannot be passed as a request id.
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <utility>

namespace xrouter {

template <class Tag>
struct StrongId {
  std::string value;

  StrongId() = default;
  explicit StrongId(std::string text) : value(std::move(text)) {}
  bool empty() const { return value.empty(); }
  auto operator<=>(const StrongId&) const = default;
};

/// One user request from the outside: `chatcmpl-...`; unique over restarts and replicas.
using RequestId = StrongId<struct RequestIdTag>;
/// One invocation of a model inside an episode: `c1`, `c2`, ... unique within the episode.
using CallId = StrongId<struct CallIdTag>;
/// A model of the catalogue, for example `gpt-4o-mini`.
using ModelId = StrongId<struct ModelIdTag>;

}  // namespace xrouter

template <class Tag>
struct std::hash<xrouter::StrongId<Tag>> {
  std::size_t operator()(const xrouter::StrongId<Tag>& id) const noexcept { return std::hash<std::string>{}(id.value); }
};
