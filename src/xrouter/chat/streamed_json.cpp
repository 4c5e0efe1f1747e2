#include "xrouter/chat/streamed_json.hpp"

#include <algorithm>
#include <array>

#include "xrouter/base/json_text.hpp"

namespace xrouter {
namespace {

// Members whose value repeats instead of growing.
constexpr std::array<std::string_view, 6> kIdentifying{"id", "type", "name", "role", "format", "status"};

bool is_identifying(std::string_view name) { return std::find(kIdentifying.begin(), kIdentifying.end(), name) != kIdentifying.end(); }

bool encloses(std::string_view text, char open, char close) {
  return text.size() >= 2 && text.front() == open && text.back() == close;
}

// The member called `name`, made when there is room for it.
StreamedJson* member(std::vector<std::pair<std::string, StreamedJson>>& members, std::string_view name) {
  auto it = std::find_if(members.begin(), members.end(), [&](const auto& entry) { return entry.first == name; });
  if (it != members.end()) return &it->second;
  if (members.size() >= StreamedFields::kMaxNames) return nullptr;
  return &members.emplace_back(name, StreamedJson{}).second;
}

}  // namespace

void StreamedJson::add(std::string_view fragment) {
  if (fragment.empty() || fragment == "null") {
    if (empty()) text_ = fragment;
    return;
  }
  const bool is_object = encloses(fragment, '{', '}');
  if (is_object && (!members_.empty() || encloses(text_, '{', '}'))) {
    if (members_.empty()) add_members(std::exchange(text_, {}));
    add_members(fragment);
    return;
  }
  members_.clear();
  if (encloses(fragment, '"', '"') && encloses(text_, '"', '"')) {
    text_.pop_back();
    text_.append(fragment.substr(1));
  } else if (encloses(fragment, '[', ']') && encloses(text_, '[', ']')) {
    if (fragment == "[]") return;
    text_.back() = ',';
    text_.append(fragment.substr(1));
    if (text_.starts_with("[,")) text_.erase(1, 1);
  } else {
    text_ = fragment;
  }
}

void StreamedJson::add_members(std::string_view object) {
  for (const JsonMember& piece : json_members(object)) {
    StreamedJson* grown = member(members_, piece.name);
    if (!grown) continue;
    const bool replaces = is_identifying(piece.name) && piece.value != "null" && piece.value != "\"\"";
    if (replaces) *grown = {};
    if (replaces || !is_identifying(piece.name) || grown->empty()) grown->add(piece.value);
  }
}

std::string StreamedJson::text() const {
  if (members_.empty()) return text_;
  std::string text = "{";
  for (const auto& [name, value] : members_) {
    if (text.size() > 1) text += ',';
    text.append(1, '"').append(name).append("\":").append(value.text());
  }
  return text += '}';
}

void StreamedFields::add(const ExtraFields& fields) {
  for (const auto& [name, value] : fields)
    if (StreamedJson* grown = member(object_.members_, name)) grown->add(value.text);
}

ExtraFields StreamedFields::fields() const {
  ExtraFields fields;
  for (const auto& [name, value] : object_.members_) fields.emplace_back(name, RawJson{value.text()});
  return fields;
}

}  // namespace xrouter
