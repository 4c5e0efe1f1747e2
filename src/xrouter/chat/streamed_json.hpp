// Joining the fragments in which a stream sends fields we only relay. Linear in the bytes received.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "xrouter/base/raw_json.hpp"

namespace xrouter {

/// Unknown members of an object, in their original order.
using ExtraFields = std::vector<std::pair<std::string, RawJson>>;

class StreamedFields;

/// One JSON value that grows: strings and arrays are appended, objects member by member, null adds
/// nothing, anything else replaces what was there. Fragments are compact JSON texts.
class StreamedJson {
 public:
  void add(std::string_view fragment);
  bool empty() const { return text_.empty() && members_.empty(); }
  std::string text() const;

 private:
  friend class StreamedFields;
  void add_members(std::string_view object);

  std::string text_;  ///< the value, unless members_ holds it: an object that came in pieces
  std::vector<std::pair<std::string, StreamedJson>> members_;
};

/// Named values that grow. Names beyond kMaxNames are dropped: a bound, not a feature.
class StreamedFields {
 public:
  static constexpr std::size_t kMaxNames = 256;
  void add(const ExtraFields& fields);
  ExtraFields fields() const;

 private:
  StreamedJson object_;
};

}  // namespace xrouter
