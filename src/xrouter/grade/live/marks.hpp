// Finding answers in LiveBench replies: tags, bold parts, boxes.
#pragma once

#include <optional>
#include <vector>

#include "xrouter/grade/follow/text.hpp"

namespace xrouter::grade::live {

using follow::Text;
using follow::TextView;

enum class Lines { one, any };  ///< whether a part may hold line ends

/// What stands between `open` and the next `close`; parts do not overlap.
std::vector<TextView> between(TextView text, TextView open, TextView close, Lines lines);

/// **...** and longer runs of stars on one line, each closed by as many as it is opened with.
struct Bold {
  TextView stars;
  TextView text;
};
std::vector<Bold> starred_parts(TextView text);

/// **...** without stars inside, over lines too.
std::vector<TextView> plain_bold(TextView text);

/// What the seed's helpers find in the last box. `broken`: they would have raised.
struct SeedBox {
  enum class State { none, broken, found } state = State::none;
  Text content = {};
};
SeedBox seed_box(TextView text);

/// Without any of the parts, taken out one after another.
Text without_parts(TextView text, std::initializer_list<TextView> parts);

}  // namespace xrouter::grade::live
