#include "xrouter/trainer/sample_split.hpp"

namespace xrouter::trainer {
namespace {

constexpr std::string_view kTestIsFor = "which is for reports alone";

}  // namespace

Result<void> check_split(const samples::SampleSet& set, const std::string& setting, corpus::Split expected) {
  using corpus::Split;
  const auto refused = [&](const std::string& what, Split split, const std::string& why) {
    return fail(ErrorKind::config, setting + ": " + what + " is of split " + std::string(to_text(split)) + ", " + why);
  };
  if (set.made()) {
    const Split split = set.made()->split;
    if (split == Split::test) return refused("the set", split, std::string(kTestIsFor));
    if (split != expected) return refused("the set", split, "not " + std::string(to_text(expected)));
    return {};  // and so is each of its questions, or it could not have been opened
  }
  for (std::size_t i = 0; i < set.size(); ++i) {
    const Split split = corpus::split_of(set.question(i).question);
    const std::string what = "the question of sample " + set.sample(i).id;
    if (split == Split::test) return refused(what, split, std::string(kTestIsFor));
    if (split == Split::dev && expected == Split::train) return refused(what, split, "which is for validation");
  }
  return {};
}

}  // namespace xrouter::trainer
