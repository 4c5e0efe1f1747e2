#include "xrouter/grade/follow/instructions.hpp"

namespace xrouter::grade::follow {
namespace {

constexpr std::size_t kMaxInstructions = 100;

struct Named {
  std::string id;
  const Value* kwargs;
};

tl::unexpected<Error> bad(std::string text) { return fail(ErrorKind::config, std::move(text)); }

const std::vector<Value>* items_of(const Value* value) {
  const Value::List* list = value == nullptr ? nullptr : value->if_list();
  return list == nullptr ? nullptr : &list->items;
}

Result<void> pair_up(const std::vector<Value>& ids, const std::vector<Value>& kwargs, bool bug_compat, std::vector<Named>& out) {
  if (ids.size() != kwargs.size() && !bug_compat) return bad("as many instruction ids as arguments are needed");
  for (std::size_t i = 0; i < std::min(ids.size(), kwargs.size()); ++i) {
    const std::string* id = ids[i].if_string();
    if (id == nullptr) return bad("an instruction id is not a text");
    out.push_back({*id, &kwargs[i]});
  }
  return {};
}

Result<std::vector<Named>> named_in_items(const std::vector<Value>& items, bool bug_compat) {
  std::vector<Named> out;
  for (const Value& item : items) {
    const auto* ids = items_of(item.find("instruction_id"));
    const auto* kwargs = items_of(item.find("kwargs"));
    if (ids == nullptr || kwargs == nullptr) return bad("an item of the ground truth lacks its list instruction_id or kwargs");
    if (auto paired = pair_up(*ids, *kwargs, bug_compat, out); !paired) return tl::unexpected(paired.error());
    if (bug_compat) break;
  }
  return out;
}

Result<std::vector<Named>> named(const Value& ground_truth, const Value& extra, bool bug_compat) {
  const auto* items = items_of(&ground_truth);
  if (items == nullptr) return bad("the ground truth is not a list");
  if (!items->empty() && items->front().find("instruction_id") != nullptr) return named_in_items(*items, bug_compat);
  const auto* ids = items_of(extra.find("instruction_id_list"));
  if (ids == nullptr) return bad("neither does the ground truth name instructions nor is there extra.instruction_id_list");
  std::vector<Named> out;
  if (auto paired = pair_up(*ids, *items, bug_compat, out); !paired) return tl::unexpected(paired.error());
  return out;
}

}  // namespace

Result<Instructions> read_instructions(const Value& ground_truth, const Value& extra, const ReadOptions& options) {
  if (const std::string* text = ground_truth.if_string()) {
    Result<Value> parsed = parse_python(*text);
    if (!parsed) parsed = parse_json(*text);
    if (!parsed || parsed->if_string() != nullptr) return bad("the ground truth is neither a Python literal nor JSON");
    return read_instructions(*parsed, extra, options);
  }
  const auto found = named(ground_truth, extra, options.bug_compat);
  if (!found) return tl::unexpected(found.error());
  if (found->empty() && !options.bug_compat) return bad("there are no instructions");
  if (found->size() > kMaxInstructions) return bad("more than 100 instructions");
  Instructions out;
  for (const Named& instruction : *found) {
    const Kind* kind = find_kind(options.set, instruction.id);
    if (kind == nullptr) return Instructions{.items = {}, .unknown = instruction.id};
    auto args = Args::read(kind->args, *instruction.kwargs);
    if (!args) return bad(instruction.id + ": " + args.error().public_text);
    out.items.push_back({kind, *std::move(args)});
  }
  return out;
}

}  // namespace xrouter::grade::follow
