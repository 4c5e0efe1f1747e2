// From a coroutine on a worker to the generator's thread and back.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "xrouter/async/call_scope.hpp"
#include "xrouter/lm/generator.hpp"

namespace xrouter::policy_lm {

/// Waits for the whole reply without holding up the worker. When the scope ends the request is cancelled, and what
/// there is by then comes back with StopCause::cancelled. Errors: those of Generator::submit and of
/// GenerationSink::on_finish. `generator` outlives the call.
boost::asio::awaitable<Result<lm::Generation>> generate(lm::Generator& generator, lm::GenerationRequest request, CallScope& scope);

}  // namespace xrouter::policy_lm
