// Automata that many grammars share: built once in a process while they are in use.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "xrouter/base/result.hpp"
#include "xrouter/grammar/dfa.hpp"

namespace xrouter::grammar {

using SharedDfa = std::shared_ptr<const Dfa>;

/// The automaton that `key` stands for; `make` is called when it is not there. Thread-safe; remembers the last few
/// hundred small ones. Errors of `make` are passed on and not remembered.
Result<SharedDfa> shared_dfa(const std::string& key, const std::function<Result<Dfa>()>& make);
/// The same where nothing can fail.
SharedDfa shared_dfa_of(const std::string& key, const std::function<Dfa()>& make);

}  // namespace xrouter::grammar
