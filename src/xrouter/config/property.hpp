// A declared setting: one place gives its parser, its documentation and its share of the
// configuration's hash.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "xrouter/config/rules.hpp"

namespace xrouter::config {

/// What a declaration says besides name, place and rule.
struct About {
  std::string text;            ///< one sentence for people
  std::string unit = {};       ///< "ms", "bytes", "USD" ...
  bool needs_restart = false;  ///< a reload does not change it
  bool secret = false;         ///< never shown
  bool required = false;       ///< for the documentation; the loader checks it
  bool machine_bound = false;  ///< where things lie on this machine: not part of the hash
};

template <class Owner>
struct Property {
  std::string name;  ///< dotted path inside the owner's map: "server.listen"
  std::string type;
  About about;
  std::function<std::optional<Problem>(Owner&, const YamlNode&)> set = {};
  std::function<std::string(const Owner&)> show = {};  ///< YAML flow text
};

template <class Owner>
using Properties = std::vector<Property<Owner>>;

/// Declares the fields of one part of an owner:
///   Section server(list, "server.", [](auto& owner) -> auto& { return owner.config.server; });
///   server.field("listen", &ServerConfig::listen, rule, {.text = "..."});
template <class Owner, class Part>
class Section {
 public:
  Section(Properties<Owner>& list, std::string prefix, Part part) : list_(list), prefix_(std::move(prefix)), part_(part) {}

  template <class Field, class Member>
  void field(const std::string& name, Member member, Rule<Field> rule, About about) {
    Property<Owner> property{.name = prefix_ + name, .type = rule.type, .about = std::move(about)};
    property.set = [part = part_, member, read = rule.read](Owner& owner, const YamlNode& node) -> std::optional<Problem> {
      auto value = read(node);
      if (!value) return value.error();
      part(owner).*member = std::move(*value);
      return std::nullopt;
    };
    property.show = [part = part_, member, show = rule.show](const Owner& owner) { return show(part(owner).*member); };
    list_.push_back(std::move(property));
  }

 private:
  Properties<Owner>& list_;
  std::string prefix_;
  Part part_;
};

template <class Owner, class Part>
Section<Owner, Part> section(Properties<Owner>& list, std::string prefix, Part part) {
  return Section<Owner, Part>(list, std::move(prefix), part);
}

/// A problem with the path of the setting it concerns.
struct Finding {
  std::string path;
  Problem problem;
};

/// What apply() did.
struct Applied {
  std::set<std::string> given;  ///< names of the properties that the map sets
  std::vector<Finding> findings;
};

/// The name's next part below `prefix`, or "".
std::string child_of(const std::string& name, const std::string& prefix);
Finding unknown_key(const YamlNode& key, const std::string& prefix, const std::vector<std::string>& all_names);

/// Sets every property that the map names, and finds what is unknown or wrong. `shown` is how a
/// message names the map: "" for the file, "upstreams[0]." for an entry.
template <class Owner>
Applied apply(const YamlNode& node, const Properties<Owner>& properties, Owner& owner, const std::string& shown = {},
              const std::string& prefix = {}) {
  Applied out;
  if (node.kind == YamlNode::Kind::null) return out;  // an empty file, or a section whose lines are commented out
  if (node.kind != YamlNode::Kind::map) {
    std::string path = shown + prefix;
    if (!path.empty()) path.pop_back();
    out.findings.push_back({path, {.mark = node.mark, .text = "must be a map of settings"}});
    return out;
  }
  std::vector<std::string> names;
  for (const auto& property : properties) names.push_back(property.name);
  for (const auto& [key, value] : node.entries) {
    const std::string name = prefix + key.text;
    bool known = false;
    for (const auto& property : properties) {
      if (property.name == name) {
        known = true;
        out.given.insert(name);
        if (auto problem = property.set(owner, value)) out.findings.push_back({shown + name, *problem});
      } else if (!known && !child_of(property.name, name + ".").empty()) {
        known = true;
        Applied inner = apply(value, properties, owner, shown, name + ".");
        out.given.merge(inner.given);
        out.findings.insert(out.findings.end(), inner.findings.begin(), inner.findings.end());
      }
    }
    if (!known) {
      Finding finding = unknown_key(key, prefix, names);
      finding.path = shown + finding.path;
      out.findings.push_back(std::move(finding));
    }
  }
  return out;
}

}  // namespace xrouter::config
