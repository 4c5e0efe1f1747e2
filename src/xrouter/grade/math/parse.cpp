#include "xrouter/grade/math/parse.hpp"

#include <algorithm>
#include <iterator>

#include "xrouter/grade/math/limits.hpp"
#include "xrouter/grade/math/parser.hpp"

namespace xrouter::grade::math {
namespace {

constexpr const char* kTooDeep = "limit: nested too deeply";
constexpr const char* kTooManyNodes = "limit: too many nodes";
// Each level of the tree costs up to this many calls of the grammar's ladder.
constexpr int kCallsPerDepth = 3;

}  // namespace

bool Parser::Level::too_deep() const { return parser_.level_ > kMaxDepth * kCallsPerDepth; }

const Token& Parser::peek(std::size_t ahead) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }

bool Parser::accept(Tok kind) {
  if (!at(kind)) return false;
  if (kind != Tok::finish) ++at_;
  return true;
}

std::nullopt_t Parser::refuse(const char* why) {
  if (!error_) error_ = why;
  return std::nullopt;
}

Parser::Parsed Parser::node(Kind kind, std::string text, std::vector<Node> kids) {
  if (++nodes_ > kMaxNodes) return refuse(kTooManyNodes);
  Node made = make_node(kind, std::move(text), std::move(kids));
  if (made.depth > kMaxDepth) return refuse(kTooDeep);
  return made;
}

Parser::Parsed Parser::node(Kind kind, std::string text, Node kid) {
  std::vector<Node> kids;
  kids.push_back(std::move(kid));
  return node(kind, std::move(text), std::move(kids));
}

Parser::Parsed Parser::parse_all() {
  Parsed all = parse_list(Tok::finish);
  if (!all || !at(Tok::finish)) return refuse("not in the grammar");
  return all;
}

bool Parser::ends_list(Tok end) const { return at(end) || at(Tok::finish); }

// Semicolons bind less tightly than commas: p=5,q=2; p=7,q=2 is a list of lists.
Parser::Parsed Parser::parse_list(Tok end) {
  std::vector<Node> items;
  while (!ends_list(end)) {
    Parsed item = parse_items(end, Tok::comma);
    if (!item) return item;
    items.push_back(std::move(*item));
    if (!accept(Tok::semicolon)) break;
  }
  if (items.size() == 1) return std::move(items[0]);
  if (items.empty()) return end == Tok::finish ? Parsed(refuse("empty")) : node(Kind::list, ",", std::move(items));
  return node(Kind::list, ";", std::move(items));
}

Parser::Parsed Parser::parse_items(Tok end, Tok separator) {
  std::vector<Node> items;
  bool separated = false;
  while (!ends_list(end) && !at(Tok::semicolon)) {
    Parsed item = parse_relation();
    if (!item) return item;
    items.push_back(std::move(*item));
    if (!at(separator) && !at(Tok::conjunction)) break;
    separated = true;
    while (at(separator) || at(Tok::conjunction)) ++at_;  // "a, b, and c"
  }
  if (items.size() == 1 && !(separated && end == Tok::close)) return std::move(items[0]);
  return node(Kind::list, ",", std::move(items));
}

Parser::Parsed Parser::parse_relation() {
  const Level level(*this);
  if (level.too_deep()) return refuse(kTooDeep);
  std::vector<Node> sides;
  std::string ops;
  if (at(Tok::relation)) {  // "= 5" answers 5
    if (peek().text != "=" && peek().text != "~") return refuse("a relation without a left side");
    ++at_;
  }
  for (;;) {
    Parsed side = parse_set_expression();
    if (!side) return side;
    sides.push_back(std::move(*side));
    if (!at(Tok::relation)) break;
    ops += peek().text;
    ++at_;
  }
  if (sides.size() == 1) return std::move(sides[0]);
  return node(Kind::relation, std::move(ops), std::move(sides));
}

Parser::Parsed Parser::parse_set_expression() {
  Parsed left = parse_ratio();
  while (left && at(Tok::set_op)) {
    std::string op = peek().text;
    std::vector<Node> parts;
    parts.push_back(std::move(*left));
    while (at(Tok::set_op) && peek().text == op) {
      ++at_;
      Parsed right = parse_ratio();
      if (!right) return right;
      parts.push_back(std::move(*right));
    }
    left = node(Kind::set_op, std::move(op), std::move(parts));
  }
  return left;
}

Parser::Parsed Parser::parse_ratio() {
  Parsed first = parse_sum();
  if (!first || !at(Tok::colon)) return first;
  std::vector<Node> parts;
  parts.push_back(std::move(*first));
  while (accept(Tok::colon)) {
    Parsed part = parse_sum();
    if (!part) return part;
    if (part->kind == Kind::words || parts[0].kind == Kind::words) return refuse("words among mathematics");
    parts.push_back(std::move(*part));
  }
  return node(Kind::ratio, "", std::move(parts));
}

Parser::Parsed Parser::parse_sum() {
  std::vector<Node> terms;
  for (bool first = true;; first = false) {
    const Token sign = peek();
    const bool is_sign = sign.kind == Tok::plus || sign.kind == Tok::minus || sign.kind == Tok::pm;
    if (is_sign) ++at_;
    if (!is_sign && !first) break;
    Parsed term = parse_product();
    if (term && sign.kind == Tok::minus) term = node(Kind::negation, "", std::move(*term));
    if (term && sign.kind == Tok::pm) term = node(Kind::plus_minus, sign.text, std::move(*term));
    if (!term) return term;
    terms.push_back(std::move(*term));
  }
  if (terms.size() == 1) return std::move(terms[0]);
  // In "3 + 2 cm" the unit is the sum's.
  Node& last = terms.back();
  if (last.kind != Kind::unit) return node(Kind::sum, "", std::move(terms));
  std::string unit = std::move(last.text);
  Node value = std::move(last.kids[0]);
  last = std::move(value);
  Parsed sum = node(Kind::sum, "", std::move(terms));
  return sum ? node(Kind::unit, std::move(unit), std::move(*sum)) : sum;
}

// "10 which", "it is": a lower-case word beside a blank is no factor.
bool Parser::is_prose_border() const {
  const auto is_plain_word = [](const Token& token) {
    return token.kind == Tok::word && !token.from_text && token.text[0] >= 'a' && token.text[0] <= 'z';
  };
  return peek().spaced && (is_plain_word(peek()) || (at_ > 0 && is_plain_word(tokens_[at_ - 1])));
}

// Signed factors, joined by *, / or by standing side by side; from left to right.
Parser::Parsed Parser::parse_product() {
  Parsed left = parse_factor();
  while (left) {
    if (accept(Tok::slash)) {
      Parsed right = parse_factor();
      if (!right) return right;
      std::vector<Node> kids;
      kids.push_back(std::move(*left));
      kids.push_back(std::move(*right));
      left = node(Kind::quotient, "", std::move(kids));
      continue;
    }
    const bool times = accept(Tok::times);
    if (!times && starts_unit()) return with_unit(std::move(*left));
    if (!times && !starts_atom()) break;
    if (!times && at(Tok::number) && left->kind == Kind::number) return refuse("two numbers side by side");
    if (!times && is_prose_border()) return refuse("words among mathematics");
    Parsed right = times ? parse_factor() : parse_postfix();
    if (!right) return right;
    if (left->kind == Kind::words || right->kind == Kind::words) return refuse("words among mathematics");
    if (left->kind != Kind::product) {
      left = node(Kind::product, "", std::move(*left));
      if (!left) return left;
    }
    left->depth = std::max(left->depth, right->depth + 1);
    left->kids.push_back(std::move(*right));
    if (left->depth > kMaxDepth) return refuse(kTooDeep);
  }
  return left;
}

Parser::Parsed Parser::parse_factor() {
  const Level level(*this);
  if (level.too_deep()) return refuse(kTooDeep);
  if (accept(Tok::plus)) return parse_factor();
  if (!accept(Tok::minus)) return parse_postfix();
  Parsed operand = parse_factor();
  return operand ? node(Kind::negation, "", std::move(*operand)) : operand;
}

Result<Node> parse(std::string_view text, Commas commas) {
  Result<Lexed> lexed = lex(text, commas);
  if (!lexed) return tl::unexpected(lexed.error());
  Parser parser(std::move(lexed->tokens));
  std::optional<Node> node = parser.parse_all();
  if (!node) return fail(ErrorKind::invalid_request, parser.error());
  return std::move(*node);
}

Result<std::vector<Node>> readings(std::string_view text) {
  std::vector<Node> all;
  Result<Lexed> lexed = lex(text, Commas::thousands);
  if (!lexed) return tl::unexpected(lexed.error());
  const bool ambiguous = lexed->ambiguous_comma;
  Parser parser(std::move(lexed->tokens));
  std::optional<Node> first = parser.parse_all();
  if (first) all.push_back(std::move(*first));
  if (ambiguous) {
    Result<Node> second = parse(text, Commas::separators);
    if (second) all.push_back(std::move(*second));
  }
  if (all.empty()) return fail(ErrorKind::invalid_request, parser.error());
  return all;
}

bool is_limit(const Error& error) { return error.public_text.starts_with("limit:"); }

std::string folded_words(std::string_view text, Blanks blanks) {
  constexpr std::string_view kWrappers[] = {"text",   "textbf", "textit", "textrm", "textnormal", "mathrm",
                                            "mathbf", "mbox",   "left",   "right",  "boxed"};
  std::string out;
  bool blank = false;
  const auto put = [&](char c) {
    if (blank && blanks == Blanks::single && !out.empty()) out += ' ';
    blank = false;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_command = c == '\\' && i + 1 < text.size();
    std::size_t end = i + 1;
    while (is_command && end < text.size() && ((text[end] | 32) >= 'a' && (text[end] | 32) <= 'z')) ++end;
    const std::string_view name = text.substr(i + 1, end - i - 1);
    if (is_command && (name.empty() || std::ranges::find(kWrappers, name) != std::end(kWrappers))) {
      blank = blank || name.empty();
      i = name.empty() ? i + 1 : end - 1;  // \, \; and the like stand for a blank
    } else if (std::string_view("$ \n\t\r~").find(c) != std::string_view::npos) {
      blank = true;
    } else if (c != '{' && c != '}' && c != '"') {
      put(c);
    }
  }
  while (!out.empty() && (out.back() == '.' || out.back() == ',' || out.back() == '\\')) out.pop_back();
  return out;
}

}  // namespace xrouter::grade::math
