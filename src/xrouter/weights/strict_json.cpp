#include "xrouter/weights/strict_json.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <string>
#include <unordered_set>
#include <vector>

#include "xrouter/weights/refusal.hpp"

namespace xrouter::weights {
namespace {

namespace bj = boost::json;

// Listens to the parser and remembers the first name that an object repeats.
struct NameWatch {
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  std::vector<std::unordered_set<std::string>> open;
  std::string key;
  std::string repeated;
  bool found = false;

  bool on_document_begin(bj::error_code&) { return true; }
  bool on_document_end(bj::error_code&) { return true; }
  bool on_object_begin(bj::error_code&) {
    open.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, bj::error_code&) {
    open.pop_back();
    return true;
  }
  bool on_array_begin(bj::error_code&) { return true; }
  bool on_array_end(std::size_t, bj::error_code&) { return true; }
  bool on_key_part(bj::string_view part, std::size_t, bj::error_code&) {
    key.append(part.data(), part.size());
    return true;
  }
  bool on_key(bj::string_view part, std::size_t, bj::error_code&) {
    key.append(part.data(), part.size());
    if (!open.back().insert(key).second && !found) {
      found = true;
      repeated = key;
    }
    key.clear();
    return true;
  }
  bool on_string_part(bj::string_view, std::size_t, bj::error_code&) { return true; }
  bool on_string(bj::string_view, std::size_t, bj::error_code&) { return true; }
  bool on_number_part(bj::string_view, bj::error_code&) { return true; }
  bool on_int64(std::int64_t, bj::string_view, bj::error_code&) { return true; }
  bool on_uint64(std::uint64_t, bj::string_view, bj::error_code&) { return true; }
  bool on_double(double, bj::string_view, bj::error_code&) { return true; }
  bool on_bool(bool, bj::error_code&) { return true; }
  bool on_null(bj::error_code&) { return true; }
  bool on_comment_part(bj::string_view, bj::error_code&) { return true; }
  bool on_comment(bj::string_view, bj::error_code&) { return true; }
};

}  // namespace

Result<bj::value> parse_strict(std::string_view text, std::string_view file, const json::ParseLimits& limits) {
  auto value = json::parse(text, limits);
  if (!value) return refuse(file, value.error().public_text);
  bj::parse_options options;
  options.max_depth = limits.max_depth;
  bj::basic_parser<NameWatch> watch(options);
  bj::error_code ignored;  // the text is valid: json::parse has read it
  watch.write_some(false, text.data(), text.size(), ignored);
  if (watch.handler().found) return refuse(file, "names '" + shown(watch.handler().repeated) + "' twice in one object");
  return value;
}

}  // namespace xrouter::weights
