// Kinds of values that only train.yaml has.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "xrouter/config/rules.hpp"

namespace xrouter::trainer {

/// One of the words, each of which stands for a value.
template <class Value>
config::Rule<Value> word_for(std::vector<std::pair<std::string, Value>> words) {
  std::vector<std::string> names;
  for (const auto& [name, value] : words) names.push_back(name);
  const config::Rule<std::string> text = config::rules::one_of(std::move(names));
  config::Rule<Value> rule{.type = text.type};
  rule.read = [text, words](const config::YamlNode& node) -> typename config::Rule<Value>::Read {
    const auto name = text.read(node);
    if (!name) return tl::unexpected(name.error());
    for (const auto& [word, value] : words)
      if (word == *name) return value;
    return tl::unexpected(config::Problem{node.mark, "is not known"});
  };
  rule.show = [words](const Value& shown) {
    for (const auto& [word, value] : words)
      if (value == shown) return word;
    return std::string("?");
  };
  return rule;
}

/// `null`: none.
template <class Value>
config::Rule<std::optional<Value>> or_none(config::Rule<Value> rule) {
  config::Rule<std::optional<Value>> out{.type = rule.type + ", or null"};
  out.read = [rule](const config::YamlNode& node) -> typename config::Rule<std::optional<Value>>::Read {
    if (node.kind == config::YamlNode::Kind::null) return std::optional<Value>();
    return rule.read(node).map([](Value value) { return std::optional<Value>(std::move(value)); });
  };
  out.show = [rule](const std::optional<Value>& value) { return value ? rule.show(*value) : std::string("null"); };
  return out;
}

template <class Value>
config::Rule<std::vector<Value>> each(config::Rule<Value> rule, std::size_t min_items, std::size_t max_items) {
  config::Rule<std::vector<Value>> out{.type = "a list, each item " + rule.type};
  out.read = [=](const config::YamlNode& node) -> typename config::Rule<std::vector<Value>>::Read {
    if (node.kind != config::YamlNode::Kind::sequence || node.items.size() < min_items || node.items.size() > max_items)
      return tl::unexpected(config::Problem{node.mark, "must be a list of " + std::to_string(min_items) + " to " + std::to_string(max_items) + " items"});
    std::vector<Value> values;
    for (const config::YamlNode& item : node.items) {
      auto value = rule.read(item);
      if (!value) return tl::unexpected(value.error());
      values.push_back(std::move(*value));
    }
    return values;
  };
  out.show = [rule](const std::vector<Value>& values) {
    std::string text = "[";
    for (const Value& value : values) text += (text.size() == 1 ? "" : ", ") + rule.show(value);
    return text + "]";
  };
  return out;
}

}  // namespace xrouter::trainer
