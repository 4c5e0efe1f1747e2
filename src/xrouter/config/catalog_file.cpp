#include "xrouter/config/catalog_file.hpp"

#include <algorithm>

#include "xrouter/base/suggest.hpp"

namespace xrouter::config {
namespace {

constexpr std::size_t kMaxIdLength = 100;
constexpr std::string_view kIdCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._@/:";

std::string check_id(const std::string& id) {
  if (id.empty() || id.size() > kMaxIdLength) return "a model id has 1 to 100 characters";
  if (id.find_first_not_of(kIdCharacters) != std::string::npos) return "a model id is made of letters, digits and - . _ @ / :";
  return {};
}

bool gives_prices(const std::set<std::string>& given) {
  return std::any_of(given.begin(), given.end(), [](const std::string& name) { return name.starts_with("usd_per_"); });
}

void overlay_one(const YamlNode& id, const YamlNode& fields, const std::string& file, std::vector<ModelDraft>& drafts, Report& report) {
  const std::string path = "models." + id.text;
  if (std::string wrong = check_id(id.text); !wrong.empty()) return report.add(file, id.mark, path, wrong);
  ModelDraft* draft = find_model(drafts, id.text);
  if (draft == nullptr) {
    draft = &drafts.emplace_back();
    draft->value.id = ModelId(id.text);
  }
  draft->file = file;
  draft->mark = id.mark;
  Applied applied = apply(fields, model_properties(), *draft, path + ".");
  for (const Finding& finding : applied.findings) report.add(file, finding);
  if (!gives_prices(applied.given)) return;
  if (!applied.given.contains("price_source")) draft->value.price.source = file;
  if (!applied.given.contains("price_date")) draft->value.price.date.clear();
}

}  // namespace

void overlay_models(const YamlNode& models, const std::string& file, std::vector<ModelDraft>& drafts, Report& report) {
  if (models.kind == YamlNode::Kind::null) return;
  if (models.kind != YamlNode::Kind::map) return report.add(file, models.mark, "models", "must be a map from model id to its settings");
  for (const auto& [id, fields] : models.entries) overlay_one(id, fields, file, drafts, report);
}

void overlay_catalog_text(std::string_view text, const std::string& file, std::vector<ModelDraft>& drafts, Report& report) {
  auto root = parse_yaml(text);
  if (!root) return report.add(file, {{}, root.error()});
  if (root->kind != YamlNode::Kind::map) return report.add(file, root->mark, "", "must be a map with the one key 'models'");
  const std::vector<std::string> names{"models"};
  for (const auto& [key, value] : root->entries) {
    if (key.text == names.front())
      overlay_models(value, file, drafts, report);
    else
      report.add(file, unknown_key(key, "", names));
  }
}

ModelDraft* find_model(std::vector<ModelDraft>& drafts, std::string_view id) {
  auto it = std::find_if(drafts.begin(), drafts.end(), [&](const ModelDraft& draft) { return draft.value.id.value == id; });
  return it == drafts.end() ? nullptr : &*it;
}

std::vector<std::string> ids_of(const std::vector<ModelDraft>& drafts) {
  std::vector<std::string> ids;
  ids.reserve(drafts.size());
  for (const ModelDraft& draft : drafts) ids.push_back(draft.value.id.value);
  return ids;
}

std::string catalog_yaml(const std::vector<ModelSpec>& models, const std::string& header) {
  const ModelDraft plain;
  std::string out = header + "\nmodels:\n";
  for (const ModelSpec& model : models) {
    const ModelDraft draft{.value = model};
    out += "  " + quoted(model.id.value) + ":\n";
    std::string group;
    for (const auto& property : model_properties()) {
      const std::string text = property.show(draft);
      if (text == property.show(plain)) continue;
      const std::size_t dot = property.name.find('.');
      const std::string head = dot == std::string::npos ? "" : property.name.substr(0, dot);
      if (!head.empty() && head != group) out += "    " + head + ":\n";
      group = head;
      out += (head.empty() ? "    " : "      ") + property.name.substr(dot == std::string::npos ? 0 : dot + 1) + ": " + text + "\n";
    }
    if (out.ends_with(quoted(model.id.value) + ":\n")) out.insert(out.size() - 1, " {}");
  }
  return out;
}

}  // namespace xrouter::config
