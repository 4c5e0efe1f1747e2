// The families' formats as data. One struct says everything that rendering, parsing and grammars need to know.
#pragma once

#include <span>
#include <string_view>

namespace xrouter::chat_format {

/// A turn is head, role, head_end, content, end, after. `end` is the special token that the model writes itself.
struct TurnTexts {
  std::string_view head;
  std::string_view head_end;
  std::string_view end;
  std::string_view after;
  std::string_view other_end = {};  ///< a second special token that ends a turn
};

/// What stands in the system turn beside the caller's own words.
struct SystemTexts {
  std::string_view with_tools = {};  ///< in front, when tools are offered
  std::string_view always = {};      ///< in front; not empty: there is always a system turn
  std::string_view fallback = {};    ///< instead of the caller's words, when there are none
};

enum class ToolsPlace { system_turn, first_user_turn };

/// How the tools are shown to the model: before, then each JSON between each_before and each_after, then after.
struct ToolListTexts {
  ToolsPlace place = ToolsPlace::system_turn;
  std::string_view separator = {};  ///< between the words of the turn and the list
  std::string_view before;
  std::string_view each_before;
  std::string_view each_after;
  std::string_view after;
  int json_indent = 0;  ///< 0: one line
};

/// A call is open, tag_break, `{"name": NAME, ARGUMENTS_KEY: {...}}`, tag_break, close.
struct CallTexts {
  std::string_view open;  ///< "": a reply that is nothing but the JSON is the call
  std::string_view close;
  std::string_view tag_break;
  std::string_view separator;  ///< between two calls, and between text and the first
  std::string_view arguments_key;
  bool several = true;      ///< a turn may hold more than one call
  bool beside_text = true;  ///< a turn may hold text and calls; otherwise the text is left out
};

struct ResultTexts {
  std::string_view role;
  std::string_view open;
  std::string_view close;
  std::string_view separator;
  bool one_turn = true;         ///< consecutive results share a turn
  bool as_json_string = false;  ///< the result is quoted
};

/// Tags around what the model thinks before it replies.
struct ThinkingTexts {
  std::string_view open = "<think>";
  std::string_view close = "</think>";
  bool in_history = false;         ///< the template shows the thinking of turns since the last question
  std::string_view head_off = {};  ///< follows the assistant's head where thinking is off
};

struct FormatData {
  std::string_view name;
  std::string_view begin;  ///< in front of everything
  TurnTexts turn;
  SystemTexts system;
  ToolListTexts tools;
  CallTexts call;
  ResultTexts result;
  ThinkingTexts thinking;
  bool trims_content = false;
};

extern const FormatData kHermes;
extern const FormatData kQwen3;
extern const FormatData kLlama3;
/// Llama 3.0: the turns of Llama 3.1 without its system preamble.
extern const FormatData kLlama30;

/// What may be asked for by name.
std::span<const FormatData* const> named_formats();

}  // namespace xrouter::chat_format
