#include "xrouter/trainer/record/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "xrouter/base/rng.hpp"
#include "xrouter/json/indent.hpp"
#include "xrouter/json/parse.hpp"
#include "xrouter/json/writer.hpp"

namespace xrouter::trainer {
namespace {

constexpr std::size_t kMaxSettings = 10'000;

std::map<std::string, const Setting*> by_name(const std::vector<Setting>& settings) {
  std::map<std::string, const Setting*> out;
  for (const Setting& setting : settings) out[setting.name] = &setting;
  return out;
}

}  // namespace

std::string settings_hash(const std::vector<Setting>& settings) {
  std::uint64_t hash = fnv1a64("");
  for (const auto& [name, setting] : by_name(settings))
    if (!setting->may_change) hash = fnv1a64(name + "=" + setting->value + "\n", hash);
  return fmt::format("{:016x}", hash);
}

std::string settings_json(const std::vector<Setting>& settings) {
  json::Writer out;
  out.begin_object().field("hash", settings_hash(settings)).key("settings").begin_array();
  for (const Setting& setting : settings) {
    out.begin_object().field("name", setting.name).field("value", setting.value);
    if (setting.may_change) out.field("may_change", true);
    out.end_object();
  }
  out.end_array().end_object();
  return json::indented(out.take());
}

Result<std::vector<Setting>> parse_settings(std::string_view text) {
  auto value = json::parse(text);
  if (!value) return fail(ErrorKind::config, value.error().public_text);
  json::ObjectReader in(*value);
  std::vector<Setting> settings;
  if (const auto* items = in.optional_array("settings", kMaxSettings)) {
    for (const auto& item : *items) {
      json::ObjectReader setting(item, "settings");
      settings.push_back({.name = setting.string("name"),
                          .value = setting.string("value"),
                          .may_change = setting.optional_bool("may_change").value_or(false)});
      in.take_error_of(setting);
    }
  }
  if (!in.ok()) return fail(ErrorKind::config, in.error().public_text);
  return settings;
}

SettingsDifference compare_settings(const std::vector<Setting>& run, const std::vector<Setting>& now) {
  SettingsDifference difference;
  const auto before = by_name(run);
  const auto after = by_name(now);
  const auto say = [&](const Setting& setting, std::string sentence) {
    (setting.may_change ? difference.allowed : difference.forbidden).push_back(std::move(sentence));
  };
  for (const auto& [name, setting] : after) {
    const auto it = before.find(name);
    if (it == before.end())
      say(*setting, fmt::format("{}: the run has none, the configuration {}", name, setting->value));
    else if (it->second->value != setting->value)
      say(*setting, fmt::format("{}: the run has {}, the configuration {}", name, it->second->value, setting->value));
  }
  for (const auto& [name, setting] : before)
    if (!after.contains(name)) say(*setting, fmt::format("{}: the run has {}, the configuration none", name, setting->value));
  return difference;
}

}  // namespace xrouter::trainer
