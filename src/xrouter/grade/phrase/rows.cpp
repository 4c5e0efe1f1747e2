#include "xrouter/grade/phrase/phrase_grader.hpp"
#include "xrouter/grade/registry.hpp"

namespace xrouter::grade {

std::vector<RegistryRow> phrase_rows() {
  const auto make = [](const Dialect& dialect, std::string_view) { return phrase::make_phrase(dialect); };
  return {{.key = "phrase", .match = Match::exact, .make = make, .about = "short free answers: one of the accepted phrases, in few words"}};
}

}  // namespace xrouter::grade
