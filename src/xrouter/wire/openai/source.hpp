// One JSON object twice: as values for what we check, as source text for what we relay.
#pragma once

#include <boost/json/value.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "xrouter/base/json_text.hpp"
#include "xrouter/chat/types.hpp"

namespace xrouter::wire::openai {

/// Views into `value` and `text`, which must outlive it and be the same object.
class SourceObject {
 public:
  SourceObject(const boost::json::value& value, std::string_view text);

  /// A name stands more than once. The values hold the last one.
  bool has_duplicates() const { return !aligned_; }
  /// The source of a member; "" when there is none.
  std::string_view text(std::string_view name) const;
  /// Compact; empty when absent or null.
  RawJson raw(std::string_view name) const;

  enum class Nulls { keep, drop };
  /// Every member whose name is not in `known`.
  ExtraFields others(std::span<const std::string_view> known, Nulls nulls) const;

 private:
  std::string_view text_at(std::size_t position, std::string_view name) const;

  const boost::json::object* object_;
  std::vector<JsonMember> members_;
  bool aligned_;  ///< values and members correspond by position
};

inline std::string_view view(const boost::json::string& text) { return {text.data(), text.size()}; }
inline std::string_view view(boost::json::string_view text) { return {text.data(), text.size()}; }

}  // namespace xrouter::wire::openai
