// One JSON object twice: as values for what we check, as source text for what we relay.
#pragma once

#include <boost/json/value.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "xrouter/base/json_text.hpp"
#include "xrouter/base/result.hpp"
#include "xrouter/chat/types.hpp"
#include "xrouter/json/parse.hpp"

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
  /// The members whose names are in `wanted`, without nulls.
  ExtraFields chosen(std::span<const std::string_view> wanted) const;
  /// Every member whose name is not in `known`.
  ExtraFields others(std::span<const std::string_view> known, Nulls nulls) const;

 private:
  ExtraFields members(std::span<const std::string_view> listed, bool want_listed, Nulls nulls) const;
  std::string_view text_at(std::size_t position, std::string_view name) const;

  const boost::json::object* object_;
  std::vector<JsonMember> members_;
  bool aligned_;  ///< values and members correspond by position
};

/// The sources of an array's elements, one for each. Fails when `text` is not the source of `array`,
/// as can happen below an object that names a member twice: the values and the source may then hold
/// different ones. Error: invalid_request, as of a reader.
Result<std::vector<std::string_view>> elements_of(const boost::json::array& array, std::string_view text);

/// Notes an error in `in` when its object names a member twice. Which of them counts differs between
/// readers, so neither a client nor an upstream may do it.
void refuse_duplicates(json::ObjectReader& in, const SourceObject& source);

inline std::string_view view(const boost::json::string& text) { return {text.data(), text.size()}; }
inline std::string_view view(boost::json::string_view text) { return {text.data(), text.size()}; }

}  // namespace xrouter::wire::openai
