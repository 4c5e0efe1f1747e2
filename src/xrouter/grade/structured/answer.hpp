// Where a reply with a structured answer says it, and as what.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "xrouter/grade/value/value.hpp"

namespace xrouter::grade::structured {

/// The text that holds the answer: the last <answer> tag (without a fence inside it), else the last
/// fence. nullopt when there is neither.
std::optional<std::string_view> marked_answer(std::string_view reply);

/// A short answer: the last <answer> tag, box or announcement in this order, or the whole of a reply
/// of one line. Trimmed and undecorated; nullopt when there is none or it is empty.
std::optional<std::string_view> short_answer(std::string_view reply);

/// JSON, or else a Python literal. nullopt when it is neither, or JSON that names a member twice.
std::optional<Value> parse_value(std::string_view text);

/// A truth that data may hold as a value or as its text.
std::optional<Value> parsed_truth(const Value& truth);

/// A text, number or boolean as the folded text it is compared as; nullopt for anything else.
std::optional<std::string> cell_text(const Value& value);

}  // namespace xrouter::grade::structured
