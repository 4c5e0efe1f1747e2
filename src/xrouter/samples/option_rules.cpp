#include "xrouter/samples/option_rules.hpp"

#include "xrouter/config/property.hpp"

namespace xrouter::samples {
namespace {

using config::Problem;
using config::Rule;
using config::YamlNode;

constexpr std::size_t kMaxItems = 100;

tl::unexpected<Problem> problem(const YamlNode& node, std::string text) { return tl::unexpected(Problem{.mark = node.mark, .text = std::move(text)}); }

template <class T>
std::string flow_list(const std::vector<T>& items, const std::function<std::string(const T&)>& show) {
  std::string out = "[";
  for (const T& item : items) out += (out.size() > 1 ? ", " : "") + show(item);
  return out + "]";
}

const config::Properties<FixedPool>& pool_properties() {
  static const config::Properties<FixedPool> list = [] {
    config::Properties<FixedPool> declared;
    auto s = config::section(
        declared, "", [](auto& pool) -> auto& { return pool; });
    s.field("name", &FixedPool::name, config::rules::text(1, 64), {.text = "Shown in figures."});
    s.field("share", &FixedPool::share, config::rules::decimal(0, 1), {.text = "Of the samples."});
    s.field("models", &FixedPool::models, config::rules::list_of(config::rules::text(1, 128), kMaxModelsOffered), {.text = "Catalogue ids."});
    return declared;
  }();
  return list;
}

tl::expected<FixedPool, Problem> read_pool(const YamlNode& node) {
  FixedPool pool;
  const config::Applied applied = config::apply(node, pool_properties(), pool);
  if (!applied.findings.empty()) {
    const config::Finding& first = applied.findings.front();
    return tl::unexpected(Problem{.mark = first.problem.mark, .text = (first.path.empty() ? "" : first.path + ": ") + first.problem.text});
  }
  if (pool.name.empty() || !applied.given.contains("share")) return problem(node, "each pool needs a name and a share");
  return pool;
}

std::string show_pool(const FixedPool& pool) {
  std::string out = "{";
  for (const auto& property : pool_properties()) {
    if (property.name == "models" && pool.models.empty()) continue;
    out += (out.size() > 1 ? ", " : "") + property.name + ": " + property.show(pool);
  }
  return out + "}";
}

}  // namespace

Rule<Order> word_for_order() {
  std::vector<std::string> words;
  for (const Order order : {Order::shuffled, Order::easy_first, Order::by_pass_rate}) words.emplace_back(to_text(order));
  const Rule<std::string> word = config::rules::one_of(words);
  return {.type = word.type,
          .read = [word](const YamlNode& node) -> tl::expected<Order, Problem> {
            return word.read(node).map([](const std::string& text) {
              if (text == to_text(Order::easy_first)) return Order::easy_first;
              return text == to_text(Order::by_pass_rate) ? Order::by_pass_rate : Order::shuffled;
            });
          },
          .show = [](const Order& order) { return std::string(to_text(order)); }};
}

Rule<std::vector<double>> numbers(double min, double max) {
  const Rule<double> item = config::rules::decimal(min, max);
  const std::string type = "a list, each item " + item.type;
  return {.type = type,
          .read = [=](const YamlNode& node) -> tl::expected<std::vector<double>, Problem> {
            if (node.kind != YamlNode::Kind::sequence || node.items.size() > kMaxItems) return problem(node, "must be " + type);
            std::vector<double> out;
            for (const YamlNode& one : node.items) {
              const auto value = item.read(one);
              if (!value) return tl::unexpected(value.error());
              out.push_back(*value);
            }
            return out;
          },
          .show = [item](const std::vector<double>& values) { return flow_list<double>(values, item.show); }};
}

Rule<Range> range(int min, int max) {
  const Rule<int> end = config::rules::whole_number<int>(min, max);
  const std::string type = "two whole numbers [from, to] between " + std::to_string(min) + " and " + std::to_string(max) + ", or one";
  return {.type = type,
          .read = [=](const YamlNode& node) -> tl::expected<Range, Problem> {
            if (node.kind == YamlNode::Kind::scalar) return end.read(node).map([](int value) { return Range{value, value}; });
            if (node.kind != YamlNode::Kind::sequence || node.items.size() != 2) return problem(node, "must be " + type);
            const auto from = end.read(node.items[0]), to = end.read(node.items[1]);
            if (!from) return tl::unexpected(from.error());
            if (!to) return tl::unexpected(to.error());
            if (*from > *to) return problem(node, "the lower end comes first");
            return Range{*from, *to};
          },
          .show = [](const Range& value) { return "[" + std::to_string(value.from) + ", " + std::to_string(value.to) + "]"; }};
}

Rule<std::vector<FixedPool>> fixed_pools() {
  const std::string type = "a list of {name, share, models}";
  return {.type = type,
          .read = [=](const YamlNode& node) -> tl::expected<std::vector<FixedPool>, Problem> {
            if (node.kind != YamlNode::Kind::sequence || node.items.size() > kMaxItems) return problem(node, "must be " + type);
            std::vector<FixedPool> out;
            for (const YamlNode& one : node.items) {
              auto pool = read_pool(one);
              if (!pool) return tl::unexpected(pool.error());
              out.push_back(std::move(*pool));
            }
            return out;
          },
          .show = [](const std::vector<FixedPool>& pools) { return flow_list<FixedPool>(pools, show_pool); }};
}

}  // namespace xrouter::samples
