// Two cheap models; a strong one only when they disagree.
#pragma once

#include "xrouter/engine/ports.hpp"

namespace xrouter::policy {

struct CascadeModels {
  ModelId first;
  ModelId second;
  ModelId strong;
};

/// Turn 1 calls both cheap models at once. When both succeed and agree() holds for their answers, the
/// one that cost less is selected; otherwise the strong model is called and its answer taken. When
/// that fails too, or no call is left, the first cheap success is selected, else the error given up.
/// An answer that calls the user's tools agrees with nothing. Stateless; needs agent mode, two turns
/// and two calls a turn (in simple mode the first cheap success is the answer).
class CascadePolicy final : public Policy {
 public:
  explicit CascadePolicy(CascadeModels models) : models_(std::move(models)) {}
  boost::asio::awaitable<PolicyReply> decide(const DecisionPrompt& prompt, CallScope& scope) override;

 private:
  CascadeModels models_;
};

}  // namespace xrouter::policy
