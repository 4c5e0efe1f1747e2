#include "xrouter/wire/openai/source.hpp"

#include <algorithm>

namespace xrouter::wire::openai {

SourceObject::SourceObject(const boost::json::value& value, std::string_view text)
    : object_(value.if_object()), members_(json_members(text)), aligned_(!object_ || object_->size() == members_.size()) {}

std::string_view SourceObject::text_at(std::size_t position, std::string_view name) const {
  if (aligned_) return members_[position].value;
  auto it = std::find_if(members_.rbegin(), members_.rend(), [&](const JsonMember& member) { return member.name == name; });
  return it == members_.rend() ? std::string_view() : it->value;
}

std::string_view SourceObject::text(std::string_view name) const {
  if (!object_) return {};
  auto it = object_->find(boost::json::string_view(name.data(), name.size()));
  return it == object_->end() ? std::string_view() : text_at(static_cast<std::size_t>(it - object_->begin()), name);
}

RawJson SourceObject::raw(std::string_view name) const {
  const std::string_view source = text(name);
  return source == "null" ? RawJson{} : RawJson{compact_json(source)};
}

ExtraFields SourceObject::others(std::span<const std::string_view> known, Nulls nulls) const { return members(known, false, nulls); }

ExtraFields SourceObject::chosen(std::span<const std::string_view> wanted) const { return members(wanted, true, Nulls::drop); }

ExtraFields SourceObject::members(std::span<const std::string_view> listed, bool want_listed, Nulls nulls) const {
  ExtraFields extra;
  std::size_t position = 0;
  if (!object_) return extra;
  for (const auto& member : *object_) {
    const std::string_view name = view(member.key());
    const std::string_view source = text_at(position++, name);
    const bool is_listed = std::find(listed.begin(), listed.end(), name) != listed.end();
    const bool skipped = source.empty() || (nulls == Nulls::drop && source == "null");
    if (!skipped && is_listed == want_listed) extra.emplace_back(name, RawJson{compact_json(source)});
  }
  return extra;
}

Result<std::vector<std::string_view>> elements_of(const boost::json::array& array, std::string_view text) {
  std::vector<std::string_view> sources = json_elements(text);
  if (sources.size() == array.size()) return sources;
  return fail(ErrorKind::invalid_request, "The body names a field twice.");
}

void refuse_duplicates(json::ObjectReader& in, const SourceObject& source) {
  if (source.has_duplicates()) in.fail_at("", "names a field twice");
}

}  // namespace xrouter::wire::openai
