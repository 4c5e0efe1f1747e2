#include "xrouter/grade/choice/grader.hpp"
#include "xrouter/grade/registry.hpp"

namespace xrouter::grade {
namespace {

using choice::make_choice;
using choice::SeedRule;

std::unique_ptr<Grader> ten_letters(const Dialect& dialect, std::string_view) { return make_choice(dialect, 10, SeedRule::mmlu_pro); }
std::unique_ptr<Grader> supergpqa(const Dialect& dialect, std::string_view) { return make_choice(dialect, 10, SeedRule::supergpqa); }

// The seed reads a box exactly where the prompt asks for none, and the other way round.
std::unique_ptr<Grader> gpqa(const Dialect& dialect, std::string_view name) {
  const bool no_box = name.find("no_box") != std::string_view::npos;
  return make_choice(dialect, 4, no_box ? SeedRule::gpqa : SeedRule::supergpqa);
}

}  // namespace

std::vector<RegistryRow> choice_rows() {
  return {
      {.key = "choice", .match = Match::exact, .make = ten_letters, .about = "a letter of the offered options"},
      {.key = "mmlu_pro", .match = Match::exact, .make = ten_letters, .about = "MMLU-Pro: a letter A to J"},
      {.key = "stem__gpqa", .match = Match::prefix, .make = gpqa, .about = "GPQA: a letter A to D"},
      {.key = "stem__supergpqa", .match = Match::prefix, .make = supergpqa, .about = "SuperGPQA: a letter A to J"},
  };
}

}  // namespace xrouter::grade
