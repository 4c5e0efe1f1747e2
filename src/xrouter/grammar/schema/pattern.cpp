#include "xrouter/grammar/schema/pattern.hpp"

namespace xrouter::grammar {
Result<Dfa> pattern_dfa(std::string_view) { return fail(ErrorKind::invalid_request, "patterns are not supported yet"); }
}  // namespace xrouter::grammar
