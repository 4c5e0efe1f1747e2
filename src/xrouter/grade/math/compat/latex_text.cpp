#include "xrouter/grade/math/compat/latex_text.hpp"

#include <algorithm>
#include <utility>

#include "xrouter/grade/math/compat/text.hpp"

namespace xrouter::grade::math::compat {
namespace {

constexpr int kMaxDepth = 64;

constexpr std::pair<std::string_view, std::string_view> kSymbols[] = {
    {"pi", "π"},    {"infty", "∞"},    {"cup", "∪"},   {"cap", "∩"},      {"cdot", "·"},     {"times", "×"},  {"pm", "±"},
    {"mp", "∓"},    {"le", "≤"},       {"leq", "≤"},   {"ge", "≥"},       {"geq", "≥"},      {"ne", "≠"},     {"neq", "≠"},
    {"in", "∈"},    {"alpha", "α"},    {"beta", "β"},  {"gamma", "γ"},    {"theta", "θ"},    {"lambda", "λ"}, {"mu", "μ"},
    {"phi", "ϕ"},   {"varphi", "φ"},   {"omega", "ω"}, {"circ", "∘"},     {"approx", "≈"},   {"ldots", "…"},  {"dots", "…"},
    {"quad", "  "}, {"qquad", "    "}, {"sigma", "σ"}, {"emptyset", "∅"}, {"setminus", "∖"}, {"sim", "∼"},    {"rightarrow", "→"},
    {"to", "→"},    {"sin", "sin"},    {"cos", "cos"}, {"tan", "tan"},    {"log", "log"},    {"ln", "ln"},    {"exp", "exp"},
    {"cot", "cot"}, {"sec", "sec"},    {"csc", "csc"}};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::optional<std::string> all() {
    std::string out;
    while (at_ < text_.size()) {
      if (text_[at_] == '}') return std::nullopt;
      if (!piece(out, 0)) return std::nullopt;
    }
    return out;
  }

 private:
  bool piece(std::string& out, int depth) {
    if (depth > kMaxDepth) return false;
    const char c = text_[at_];
    if (c == '{') return group(out, depth);
    if (c == '\\') return macro(out, depth);
    if (c == '~')
      out += ' ';
    else if (c == '&')
      out += "   ";
    else if (c != '$')
      out += c;
    ++at_;
    return true;
  }

  bool group(std::string& out, int depth) {
    ++at_;
    while (at_ < text_.size() && text_[at_] != '}') {
      if (!piece(out, depth + 1)) return false;
    }
    if (at_ >= text_.size()) return false;
    ++at_;
    return true;
  }

  // One macro argument: a group or a single token.
  bool argument(std::string& out, int depth) {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    return at_ < text_.size() && text_[at_] != '}' && piece(out, depth + 1);
  }

  bool macro(std::string& out, int depth) {
    ++at_;
    if (at_ >= text_.size()) return true;
    if (!is_letter(text_[at_])) {
      const char c = text_[at_++];
      if (c == '\\')
        out += '\n';
      else if (c == ',' || c == ';' || c == ':' || c == ' ')
        out += ' ';
      else if (c == '{' || c == '}' || c == '%' || c == '$' || c == '&' || c == '#' || c == '_')
        out += c;
      return true;
    }
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_letter(text_[at_])) ++at_;
    const std::string_view name = text_.substr(begin, at_ - begin);
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;  // blanks after a macro belong to it
    return named(name, out, depth);
  }

  // Matrices, whatever their brackets: [ a b; c d ].
  bool environment(std::string& out, int depth) {
    std::string name;
    if (!argument(name, depth)) return false;
    if (!name.ends_with("matrix") && name != "array") return true;
    const std::size_t end = text_.find("\\end{" + name + "}", at_);
    if (end == std::string_view::npos) return false;
    const std::string_view rows = text_.substr(at_, end - at_);
    at_ = end + name.size() + 6;
    out += "[ ";
    for (const std::string& row : split(rows, "\\\\")) {
      if (out.back() != ' ') out += "; ";
      for (const std::string& cell : split(row, "&")) {
        const auto text = latex_to_text(cell);
        if (!text) return false;
        if (out.back() != ' ') out += ' ';
        out += stripped(*text);
      }
    }
    out += " ]";
    return true;
  }

  bool named(std::string_view name, std::string& out, int depth) {
    if (name == "begin") return environment(out, depth);
    if (name == "end") {
      std::string ignored;
      return argument(ignored, depth);
    }
    if (name == "frac") {
      if (!argument(out, depth)) return false;
      out += '/';
      return argument(out, depth);
    }
    if (name == "sqrt") {
      if (at_ < text_.size() && text_[at_] == '[') {
        const std::size_t close = text_.find(']', at_);
        if (close == std::string_view::npos) return false;
        at_ = close + 1;
      }
      out += "√(";
      if (!argument(out, depth)) return false;
      out += ')';
      return true;
    }
    const auto symbol = std::ranges::find(kSymbols, name, [](const auto& entry) { return entry.first; });
    if (symbol != std::end(kSymbols)) out += symbol->second;
    return true;  // wrappers such as \text vanish before their group, unknown macros altogether
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<std::string> latex_to_text(std::string_view latex) { return Reader(latex).all(); }

}  // namespace xrouter::grade::math::compat
