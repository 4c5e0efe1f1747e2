#include "xrouter/grammar/schema/document.hpp"

#include <algorithm>
#include <optional>

#include "xrouter/json/parse.hpp"

namespace xrouter::grammar {
namespace {

namespace bj = boost::json;

constexpr std::size_t kMostBytes = 1 << 20;
constexpr std::size_t kMostDepth = 64;

std::optional<std::string> unescape_percent(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size() || digit(text[i + 1]) < 0 || digit(text[i + 2]) < 0) return std::nullopt;
    out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
    i += 2;
  }
  return out;
}

int depth_of(const bj::value& value) {
  int below = 0;
  if (const bj::array* array = value.if_array())
    for (const bj::value& each : *array) below = std::max(below, depth_of(each));
  else if (const bj::object* object = value.if_object())
    for (const auto& member : *object) below = std::max(below, depth_of(member.value()));
  else
    return 0;
  return below + 1;
}

// The path to `wanted`, below `at`, in reverse.
bool find_path(const bj::value& at, const bj::value& wanted, std::string& path) {
  if (&at == &wanted) return true;
  const std::size_t size = path.size();
  if (const bj::object* object = at.if_object()) {
    for (const auto& member : *object) {
      path += '.';
      path += std::string_view(member.key()).substr(0, 64);
      if (find_path(member.value(), wanted, path)) return true;
      path.resize(size);
    }
  } else if (const bj::array* array = at.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      path += '[' + std::to_string(i) + ']';
      if (find_path((*array)[i], wanted, path)) return true;
      path.resize(size);
    }
  }
  return false;
}

}  // namespace

Result<bj::value> Document::read(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  if (std::ranges::all_of(text, is_blank)) return bj::value(bj::object{{"type", "object"}});
  Result<bj::value> root = json::parse(text, {.max_bytes = kMostBytes, .max_depth = kMostDepth});
  if (!root) return fail(ErrorKind::invalid_request, "schema: " + root.error().public_text);
  if (!root->is_object() && !root->is_bool()) return fail(ErrorKind::invalid_request, "schema: must be an object, true or false");
  return root;
}

int Document::depth() const { return depth_of(root_); }

const bj::value* Document::resolve(std::string_view reference) const {
  if (!reference.starts_with('#')) return nullptr;
  const std::optional<std::string> pointer = unescape_percent(reference.substr(1));
  if (!pointer || (!pointer->empty() && pointer->front() != '/')) return nullptr;
  std::error_code nowhere;
  return root_.find_pointer(*pointer, nowhere);
}

std::string Document::path_of(const bj::value& part) const {
  std::string path = "schema";
  return find_path(root_, part, path) ? path : "schema";
}

Error Document::refusal(const bj::value& part, std::string_view keyword, std::string_view why) const {
  std::string path = path_of(part);
  if (!keyword.empty()) path.append(".").append(keyword.substr(0, 64));
  Error error{.kind = ErrorKind::invalid_request, .public_text = path, .param = path};
  error.public_text.append(": ").append(why);
  return error;
}

}  // namespace xrouter::grammar
