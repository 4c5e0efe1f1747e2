// The libtorch module: see torch_module/entry.hpp for what it shares with the program.
#include "xrouter/torch_learner/c10d_collective.hpp"
#include "xrouter/torch_learner/make_learner.hpp"
#include "xrouter/torch_module/entry.hpp"
#include "xrouter/transformer/load.hpp"

extern "C" __attribute__((visibility("default"))) const xrouter::torch_module::Entry* xrouter_transformer_entry() {
  static constexpr xrouter::torch_module::Entry entry{xrouter::torch_module::abi(), &xrouter::transformer::load_model,
                                                       &xrouter::torch_learner::make_learner, &xrouter::torch_learner::make_collective};
  return &entry;
}
