// What declared settings look like from outside: YAML, a documentation table, a share of a hash. For whoever declares
// settings of a file of their own.
#pragma once

#include <cstdint>
#include <string>

#include "xrouter/base/rng.hpp"
#include "xrouter/base/suggest.hpp"
#include "xrouter/config/property.hpp"
#include "xrouter/config/report.hpp"

namespace xrouter::config {

/// A cell of a Markdown table: the column ends in it are escaped.
std::string table_cell(std::string text);

/// Lines "name: value", nested by the dots of the names. `first` and `rest` are indents.
template <class Owner>
std::string settings_yaml(const Properties<Owner>& properties, const Owner& owner, const std::string& first, const std::string& rest) {
  std::string out;
  std::string group;
  for (const auto& property : properties) {
    if (!property.show) continue;
    const std::size_t dot = property.name.find('.');
    const std::string head = dot == std::string::npos ? "" : property.name.substr(0, dot);
    if (!head.empty() && head != group) out += (out.empty() ? first : rest) + head + ":\n";
    group = head;
    const std::string leaf = property.name.substr(dot == std::string::npos ? 0 : dot + 1);
    out += (out.empty() ? first : rest) + (head.empty() ? "" : "  ") + leaf + ": " + property.show(owner) + "\n";
  }
  return out;
}

/// Without what is secret or a matter of this machine.
template <class Owner>
std::uint64_t hash_settings(std::uint64_t hash, const Properties<Owner>& properties, const Owner& owner) {
  for (const auto& property : properties)
    if (property.show && !property.about.machine_bound && !property.about.secret)
      hash = fnv1a64(property.name + "=" + property.show(owner) + "\n", hash);
  return hash;
}

template <class Owner>
std::string settings_table(const Properties<Owner>& properties, const Owner& defaults) {
  std::string out = "| Setting | Value | Default | Unit | Meaning |\n|---|---|---|---|---|\n";
  for (const auto& property : properties) {
    std::string standard = property.show && !property.about.secret ? "`" + property.show(defaults) + "`" : "none";
    if (property.about.required) standard = "required";
    out += "| `" + property.name + "` | " + table_cell(property.type) + " | " + table_cell(standard) + " | " + property.about.unit + " | " +
           table_cell(property.about.text) + (property.about.needs_restart ? " Needs a restart." : "") + " |\n";
  }
  return out;
}

/// Sets a property from the command line: the value as plain text, which suits most settings, else as YAML: `[a, b]`, `null`.
template <class Owner>
std::optional<Problem> set_from_text(const Property<Owner>& property, Owner& owner, const std::string& value) {
  const YamlNode plain{.kind = YamlNode::Kind::scalar, .text = value};
  auto problem = property.set(owner, plain);
  if (!problem) return std::nullopt;
  auto yaml = parse_yaml(value);
  return yaml && !property.set(owner, *yaml) ? std::nullopt : problem;
}

/// One "NAME=VALUE" of the command line. Adds the name to `given`, or what is wrong to `report`.
template <class Owner>
void apply_setting(const std::string& setting, const Properties<Owner>& properties, Owner& owner, std::set<std::string>& given, Report& report) {
  const std::string origin = "--set";
  const std::size_t equals = setting.find('=');
  const std::string name = setting.substr(0, equals);
  if (equals == std::string::npos) return report.add(origin, {}, setting, "must be NAME=VALUE");
  std::vector<std::string> names;
  for (const auto& property : properties) {
    if (!property.show) continue;
    names.push_back(property.name);
    if (property.name != name) continue;
    given.insert(name);
    if (auto problem = set_from_text(property, owner, setting.substr(equals + 1))) report.add(origin, {}, name, problem->text);
    return;
  }
  report.add(origin, {}, name, "unknown setting" + did_you_mean(name, names));
}

}  // namespace xrouter::config
