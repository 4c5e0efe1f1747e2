// Result<T>: a value or an Error. The only alias for expected in the project.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "xrouter/base/error.hpp"

namespace xrouter {

template <class T>
using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

/// Shorthand for the common case: a kind and a text that a client may read.
[[nodiscard]] inline tl::unexpected<Error> fail(ErrorKind kind, std::string public_text, std::string internal_text = {}) {
  return tl::unexpected<Error>(Error{.kind = kind, .public_text = std::move(public_text), .internal_text = std::move(internal_text)});
}

}  // namespace xrouter
