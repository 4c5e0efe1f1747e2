#include <algorithm>
#include <array>
#include <utility>

#include "xrouter/weights/gguf_model.hpp"

namespace xrouter::weights {
namespace {

using NamePair = std::pair<std::string_view, std::string_view>;  // GGUF's, Hugging Face's

constexpr std::array<NamePair, 3> kWhole{
    {{"token_embd.weight", "model.embed_tokens.weight"}, {"output_norm.weight", "model.norm.weight"}, {"output.weight", "lm_head.weight"}}};

constexpr std::array<NamePair, 11> kOfLayer{{{"attn_norm", "input_layernorm"},
                                             {"attn_q", "self_attn.q_proj"},
                                             {"attn_k", "self_attn.k_proj"},
                                             {"attn_v", "self_attn.v_proj"},
                                             {"attn_output", "self_attn.o_proj"},
                                             {"attn_q_norm", "self_attn.q_norm"},
                                             {"attn_k_norm", "self_attn.k_norm"},
                                             {"ffn_norm", "post_attention_layernorm"},
                                             {"ffn_gate", "mlp.gate_proj"},
                                             {"ffn_up", "mlp.up_proj"},
                                             {"ffn_down", "mlp.down_proj"}}};

template <std::size_t N>
std::string_view lookup(const std::array<NamePair, N>& table, std::string_view name) {
  const auto found = std::find_if(table.begin(), table.end(), [&](const NamePair& pair) { return pair.first == name; });
  return found == table.end() ? std::string_view() : found->second;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 6 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }) &&
         (text.size() == 1 || text[0] != '0');
}

}  // namespace

std::string hugging_face_name(std::string_view gguf_name) {
  if (const std::string_view whole = lookup(kWhole, gguf_name); !whole.empty()) return std::string(whole);
  constexpr std::string_view kPrefix = "blk.";
  if (!gguf_name.starts_with(kPrefix)) return "";
  const std::string_view rest = gguf_name.substr(kPrefix.size());
  const std::size_t first = rest.find('.'), last = rest.rfind('.');
  if (first == std::string_view::npos || first == last) return "";
  const std::string_view layer = rest.substr(0, first), suffix = rest.substr(last);
  const std::string_view name = lookup(kOfLayer, rest.substr(first + 1, last - first - 1));
  if (name.empty() || !is_number(layer) || (suffix != ".weight" && suffix != ".bias")) return "";
  return "model.layers." + std::string(layer) + "." + std::string(name) + std::string(suffix);
}

std::vector<std::uint32_t> source_rows(const ModelConfig& config, std::string_view name) {
  if (config.family != Family::llama) return {};
  const bool query = name.find(".self_attn.q_proj.") != std::string_view::npos,
             key = name.find(".self_attn.k_proj.") != std::string_view::npos;
  if (!query && !key) return {};
  // Hugging Face rotates row i of a head with row i + half; the file has such pairs side by side.
  const auto heads = static_cast<std::uint32_t>(query ? config.heads : config.kv_heads);
  const auto half = static_cast<std::uint32_t>(config.head_dim / 2);
  std::vector<std::uint32_t> out;
  out.reserve(std::size_t{heads} * half * 2);
  for (std::uint32_t head = 0; head < heads; ++head)
    for (std::uint32_t part = 0; part < 2; ++part)
      for (std::uint32_t i = 0; i < half; ++i) out.push_back(head * half * 2 + i * 2 + part);
  return out;
}

}  // namespace xrouter::weights
