// Whether the end of an episode says something of who decided in it.
#pragma once

#include "xrouter/base/error.hpp"

namespace xrouter {

/// False for errors of the program, its files and its upstreams, and for what was cancelled or is not recorded: evaluation and
/// training leave such an episode out, since it would count against a policy that did nothing wrong.
inline bool is_judgeable(const Error& error) {
  switch (error.kind) {
    case ErrorKind::cancelled:
    case ErrorKind::config:
    case ErrorKind::io:
    case ErrorKind::internal:
    case ErrorKind::overloaded:
    case ErrorKind::question_not_recorded:
      return false;
    default:
      return traits_of(error.kind).retry == RetryClass::never;
  }
}

}  // namespace xrouter
