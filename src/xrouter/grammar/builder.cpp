#include <algorithm>
#include <optional>

#include "xrouter/grammar/program.hpp"
#include "xrouter/grammar/schema/compile.hpp"

namespace xrouter::grammar {

using Kind = Node::Kind;

namespace {

constexpr std::size_t kMostNodes = 400'000;
constexpr std::size_t kMostForbidden = 256;
constexpr std::size_t kMostForbiddenBytes = 4096;
constexpr int kMostTextBytes = 1 << 24;

}  // namespace

struct Builder::State {
  Program program;
  std::optional<Error> error;

  Piece refuse(Error refused) {
    if (!error) error = std::move(refused);
    return {program.add({.kind = Kind::nothing})};
  }
  Piece refuse(std::string why) { return refuse(Error{.kind = ErrorKind::invalid_request, .public_text = "grammar: " + std::move(why)}); }
  bool knows(Piece piece) const { return piece.rule >= 0 && static_cast<std::size_t>(piece.rule) < program.nodes.size(); }
  Piece list(Kind kind, const std::vector<Piece>& pieces) {
    std::vector<int> children;
    for (const Piece piece : pieces) {
      if (!knows(piece)) return refuse("a piece of another builder");
      children.push_back(piece.rule);
    }
    if (program.nodes.size() > kMostNodes) return refuse("too large");
    return {program.add_list(kind, children)};
  }
};

Builder::Builder() : state_(std::make_unique<State>()) {}
Builder::~Builder() = default;
Builder::Builder(Builder&&) noexcept = default;

Piece Builder::literal(std::string_view bytes) { return {state_->program.add_literal(std::string(bytes))}; }

Piece Builder::token(tokenizer::TokenId id) {
  if (id < 0) return state_->refuse("a token without an id");
  return {state_->program.add({.kind = Kind::token, .what = id})};
}

Piece Builder::sequence(std::vector<Piece> pieces) { return state_->list(Kind::sequence, pieces); }

Piece Builder::choice(std::vector<Piece> pieces) {
  // Literals become one set of words: a step through it costs the same however many there are.
  Program& program = state_->program;
  std::vector<std::string> words;
  std::vector<Piece> others;
  for (const Piece piece : pieces) {
    const bool is_literal = state_->knows(piece) && program.node(piece.rule).kind == Kind::bytes;
    if (is_literal)
      words.push_back(program.literals[static_cast<std::size_t>(program.node(piece.rule).what)]);
    else
      others.push_back(piece);
  }
  if (words.size() < 2) return state_->list(Kind::choice, pieces);
  others.push_back({program.add_words(std::move(words))});
  return state_->list(Kind::choice, others);
}


Piece Builder::repeat(Piece piece, int min, int max) {
  if (!state_->knows(piece)) return state_->refuse("a piece of another builder");
  if (min < 0 || max < min) return state_->refuse("a repetition's most is less than its least");
  return {max == 0 ? state_->program.add({.kind = Kind::empty}) : state_->program.add_repeat(piece.rule, min, max)};
}

Piece Builder::text(std::vector<std::string> without, int max_bytes, bool may_be_empty) {
  std::size_t bytes = 0;
  for (const std::string& each : without) bytes += each.size();
  if (without.size() > kMostForbidden || bytes > kMostForbiddenBytes) return state_->refuse("too many forbidden strings in a text");
  if (std::ranges::any_of(without, &std::string::empty)) return state_->refuse("a forbidden string is empty");
  if (max_bytes < (may_be_empty ? 0 : 1)) return state_->refuse("a text's limit leaves no room");
  std::string key = "text";
  for (const std::string& each : without) key += '\0' + std::to_string(each.size()) + ':' + each;
  return {state_->program.add_scan(shared_dfa_of(key, [&] { return text_without(without); }), may_be_empty ? 0 : 1, std::min(max_bytes, kMostTextBytes))};
}

Piece Builder::json(std::string_view schema, const JsonStyle& style) {
  const Result<int> node = compile_schema(state_->program, schema, style);
  return node ? Piece{*node} : state_->refuse(node.error());
}

Result<std::shared_ptr<const Grammar>> Builder::build(Piece root) {
  State& state = *state_;
  if (!state.knows(root)) state.refuse("a piece of another builder");
  if (state.error) return fail(*state.error);
  state.program.root = root.rule;
  settle_levels(state.program);
  const std::vector<bool> empty = can_be_empty(state.program);
  for (const Node& node : state.program.nodes)
    if (node.kind == Kind::repeat && empty[static_cast<std::size_t>(node.what)]) return fail(ErrorKind::invalid_request, "grammar: what is repeated must not be empty");
  if (state.program.node(root.rule).height >= kUnlimited) return fail(ErrorKind::invalid_request, "grammar: nothing matches it");
  return std::make_shared<const Grammar>(state.program);
}

Grammar::Grammar(Program program) : program_(std::move(program)) {}

}  // namespace xrouter::grammar
