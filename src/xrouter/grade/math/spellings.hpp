// The spellings of every token: characters, and LaTeX commands by name.
#pragma once

#include <string_view>

#include "xrouter/grade/math/lex.hpp"

namespace xrouter::grade::math {

struct Spelling {
  std::string_view text;
  Tok kind;
  std::string_view value;
};

// Characters outside ASCII, and ASCII operators of more than one character. First match wins.
inline constexpr Spelling kSigns[] = {
    {"<=", Tok::relation, "l"},   {">=", Tok::relation, "g"},     {"!=", Tok::relation, "!"},  {"==", Tok::relation, "="},
    {"**", Tok::caret, ""},       {"+/-", Tok::pm, "+-"},         {"...", Tok::symbol, "..."}, {"=", Tok::relation, "="},
    {"<", Tok::relation, "<"},    {">", Tok::relation, ">"},      {"+", Tok::plus, ""},        {"-", Tok::minus, ""},
    {"*", Tok::times, ""},        {"/", Tok::slash, ""},          {"^", Tok::caret, ""},       {"_", Tok::underscore, ""},
    {",", Tok::comma, ""},        {";", Tok::semicolon, ""},      {":", Tok::colon, ""},       {"!", Tok::bang, ""},
    {"'", Tok::prime, ""},        {"%", Tok::percent, ""},        {"|", Tok::bar, ""},         {"(", Tok::open, "("},
    {")", Tok::close, ")"},       {"[", Tok::open, "["},          {"]", Tok::close, "]"},      {"{", Tok::lbrace, ""},
    {"}", Tok::rbrace, ""},       {"&", Tok::ampersand, ""},      {"≤", Tok::relation, "l"},   {"⩽", Tok::relation, "l"},
    {"≥", Tok::relation, "g"},    {"⩾", Tok::relation, "g"},      {"≠", Tok::relation, "!"},   {"≈", Tok::relation, "~"},
    {"∈", Tok::relation, "e"},    {"×", Tok::times, ""},          {"·", Tok::times, ""},       {"⋅", Tok::times, ""},
    {"÷", Tok::slash, ""},        {"−", Tok::minus, ""},          {"–", Tok::minus, ""},       {"±", Tok::pm, "+-"},
    {"∓", Tok::pm, "-+"},         {"√", Tok::root_sign, ""},      {"π", Tok::symbol, "pi"},    {"∞", Tok::symbol, "inf"},
    {"∪", Tok::set_op, "cup"},    {"∩", Tok::set_op, "cap"},      {"°", Tok::degree, ""},      {"²", Tok::power_digit, "2"},
    {"³", Tok::power_digit, "3"}, {"′", Tok::prime, ""},          {"’", Tok::prime, ""},       {"α", Tok::symbol, "alpha"},
    {"β", Tok::symbol, "beta"},   {"γ", Tok::symbol, "gamma"},    {"θ", Tok::symbol, "theta"}, {"λ", Tok::symbol, "lambda"},
    {"μ", Tok::symbol, "mu"},     {"σ", Tok::symbol, "sigma"},    {"φ", Tok::symbol, "phi"},   {"ω", Tok::symbol, "omega"},
    {"…", Tok::symbol, "..."},    {"∅", Tok::symbol, "emptyset"}, {"ℝ", Tok::symbol, "bbR"},   {"⟨", Tok::open, "("},
    {"⟩", Tok::close, ")"},       {"∖", Tok::set_op, "setminus"},
};

struct VulgarFraction {
  std::string_view text, above, below;
};
inline constexpr VulgarFraction kVulgarFractions[] = {
    {"½", "1", "2"}, {"⅓", "1", "3"}, {"⅔", "2", "3"}, {"¼", "1", "4"}, {"¾", "3", "4"}, {"⅕", "1", "5"}, {"⅖", "2", "5"}, {"⅗", "3", "5"},
    {"⅘", "4", "5"}, {"⅙", "1", "6"}, {"⅚", "5", "6"}, {"⅛", "1", "8"}, {"⅜", "3", "8"}, {"⅝", "5", "8"}, {"⅞", "7", "8"},
};

// LaTeX commands by name; Tok::finish marks those that leave no token.
inline constexpr Spelling kCommands[] = {
    {"frac", Tok::command, "frac"},
    {"dfrac", Tok::command, "frac"},
    {"tfrac", Tok::command, "frac"},
    {"cfrac", Tok::command, "frac"},
    {"binom", Tok::command, "binom"},
    {"dbinom", Tok::command, "binom"},
    {"tbinom", Tok::command, "binom"},
    {"overline", Tok::command, "bar"},
    {"bar", Tok::command, "bar"},
    {"vec", Tok::command, "vec"},
    {"hat", Tok::command, "hat"},
    {"overrightarrow", Tok::command, "vec"},
    {"widehat", Tok::command, "hat"},
    {"tilde", Tok::command, "tilde"},
    {"underline", Tok::command, "group"},
    {"boxed", Tok::command, "group"},
    {"fbox", Tok::command, "group"},
    {"displaystyle", Tok::finish, ""},
    {"textstyle", Tok::finish, ""},
    {"limits", Tok::finish, ""},
    {"sqrt", Tok::command, "sqrt"},
    {"pm", Tok::pm, "+-"},
    {"mp", Tok::pm, "-+"},
    {"cdot", Tok::times, ""},
    {"times", Tok::times, ""},
    {"div", Tok::slash, ""},
    {"le", Tok::relation, "l"},
    {"leq", Tok::relation, "l"},
    {"leqslant", Tok::relation, "l"},
    {"ge", Tok::relation, "g"},
    {"geq", Tok::relation, "g"},
    {"geqslant", Tok::relation, "g"},
    {"lt", Tok::relation, "<"},
    {"gt", Tok::relation, ">"},
    {"ne", Tok::relation, "!"},
    {"neq", Tok::relation, "!"},
    {"approx", Tok::relation, "~"},
    {"sim", Tok::relation, "~"},
    {"simeq", Tok::relation, "~"},
    {"in", Tok::relation, "e"},
    {"equiv", Tok::relation, "?"},
    {"to", Tok::relation, "?"},
    {"rightarrow", Tok::relation, "?"},
    {"Rightarrow", Tok::relation, "?"},
    {"implies", Tok::relation, "?"},
    {"iff", Tok::relation, "?"},
    {"mapsto", Tok::relation, "?"},
    {"subset", Tok::relation, "?"},
    {"subseteq", Tok::relation, "?"},
    {"notin", Tok::relation, "?"},
    {"propto", Tok::relation, "?"},
    {"cong", Tok::relation, "?"},
    {"cup", Tok::set_op, "cup"},
    {"bigcup", Tok::set_op, "cup"},
    {"cap", Tok::set_op, "cap"},
    {"setminus", Tok::set_op, "setminus"},
    {"backslash", Tok::set_op, "setminus"},
    {"infty", Tok::symbol, "inf"},
    {"pi", Tok::symbol, "pi"},
    {"circ", Tok::degree, ""},
    {"degree", Tok::degree, ""},
    {"prime", Tok::prime, ""},
    {"lfloor", Tok::open, "lfloor"},
    {"rfloor", Tok::close, "rfloor"},
    {"lceil", Tok::open, "lceil"},
    {"rceil", Tok::close, "rceil"},
    {"langle", Tok::open, "("},
    {"rangle", Tok::close, ")"},
    {"lbrace", Tok::open, "{"},
    {"rbrace", Tok::close, "}"},
    {"lbrack", Tok::open, "["},
    {"rbrack", Tok::close, "]"},
    {"mid", Tok::bar, ""},
    {"vert", Tok::bar, ""},
    {"lvert", Tok::bar, ""},
    {"rvert", Tok::bar, ""},
    {"Vert", Tok::bar, ""},
    {"colon", Tok::colon, ""},
    {"sum", Tok::big, "sum"},
    {"prod", Tok::big, "prod"},
    {"int", Tok::big, "int"},
    {"lim", Tok::big, "lim"},
    {"ldots", Tok::symbol, "..."},
    {"dots", Tok::symbol, "..."},
    {"cdots", Tok::symbol, "..."},
    {"dotsc", Tok::symbol, "..."},
    {"land", Tok::conjunction, ""},
    {"lor", Tok::conjunction, ""},
    {"operatorname", Tok::finish, ""},
    {"mathrm", Tok::finish, ""},
    {"mathbf", Tok::finish, ""},
    {"mathit", Tok::finish, ""},
    {"mathsf", Tok::finish, ""},
    {"boldsymbol", Tok::finish, ""},
    {"mathcal", Tok::finish, ""},
    {"rm", Tok::finish, ""},
    {"bf", Tok::finish, ""},
    {"left", Tok::finish, ""},
    {"right", Tok::finish, ""},
    {"big", Tok::finish, ""},
    {"Big", Tok::finish, ""},
    {"bigl", Tok::finish, ""},
    {"bigr", Tok::finish, ""},
    {"Bigl", Tok::finish, ""},
    {"Bigr", Tok::finish, ""},
    {"bigg", Tok::finish, ""},
    {"Bigg", Tok::finish, ""},
    {"middle", Tok::finish, ""},
    {"quad", Tok::finish, ""},
    {"qquad", Tok::finish, ""},
    {"limits", Tok::finish, ""},
    {"nolimits", Tok::finish, ""},
    {"hline", Tok::finish, ""},
    {"phantom", Tok::command, "phantom"},
    {"choose", Tok::command, "choose"},
    {"varnothing", Tok::symbol, "emptyset"},
    {"beginboxed", Tok::command, "group"},
    {"bullet", Tok::times, ""},
};

// They take a colour's name before what they show.
inline constexpr std::string_view kColourCommands[] = {"color", "textcolor"};

// Their argument is text.
inline constexpr std::string_view kTextCommands[] = {"text", "textbf", "textit", "textrm", "textnormal",
                                                     "mbox", "texttt", "textsf", "hbox",   "emph"};

}  // namespace xrouter::grade::math
