// Tokenizes records as tokenizer_compare.py asks for; says how long it took.
//
//   tokenize_records TOKENIZER RECORDS IDS TEXTS parse|as_text
//
// TOKENIZER is a tokenizer.json, or the vocabulary of a GGUF file as JSON (an object with "tokens"). RECORDS holds
// texts, any bytes, each behind its length; IDS gets the ids of each behind their number, TEXTS what these decode to behind
// its length. All numbers are 32-bit little-endian.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_to.hpp>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "xrouter/json/parse.hpp"
#include "xrouter/tokenizer/tokenizer.hpp"

namespace bj = boost::json;
using namespace xrouter;
using tokenizer::SpecialTokens;
using tokenizer::TokenId;
using tokenizer::Tokenizer;

namespace {

std::string read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<std::string_view> records_of(std::string_view bytes) {
  std::vector<std::string_view> records;
  while (bytes.size() >= 4) {
    std::uint32_t length = 0;
    std::memcpy(&length, bytes.data(), 4);
    records.push_back(bytes.substr(4, length));
    bytes.remove_prefix(4 + records.back().size());
  }
  return records;
}

Result<std::shared_ptr<const Tokenizer>> load(const std::string& text) {
  const auto root = json::parse(text);
  if (!root || !root->is_object() || !root->get_object().contains("tokens")) return Tokenizer::from_json(text);
  const bj::object& dump = root->get_object();
  tokenizer::Vocabulary vocabulary;
  vocabulary.tokens = bj::value_to<std::vector<std::string>>(dump.at("tokens"));
  vocabulary.merges = bj::value_to<std::vector<std::string>>(dump.at("merges"));
  vocabulary.types = bj::value_to<std::vector<std::int32_t>>(dump.at("types"));
  vocabulary.pre_tokenizer = bj::value_to<std::string>(dump.at("pre_tokenizer"));
  return Tokenizer::from_vocabulary(std::move(vocabulary));
}

template <class List>
bool write_lists(const char* path, const std::vector<List>& lists, std::size_t item_bytes) {
  std::ofstream out(path, std::ios::binary);
  for (const List& list : lists) {
    const auto count = static_cast<std::uint32_t>(list.size());
    out.write(reinterpret_cast<const char*>(&count), 4);
    out.write(reinterpret_cast<const char*>(list.data()), static_cast<std::streamsize>(count * item_bytes));
  }
  return static_cast<bool>(out.flush());
}

// CPU time: what other programs do at the same time does not count.
double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) return std::fprintf(stderr, "usage: tokenize_records TOKENIZER RECORDS IDS TEXTS parse|as_text\n"), 2;
  const double loading = cpu_seconds();
  const auto made = load(read_file(argv[1]));
  if (!made) return std::fprintf(stderr, "%s\n", made.error().describe().c_str()), 1;
  const double load_seconds = cpu_seconds() - loading;
  const SpecialTokens special = std::string_view(argv[5]) == "parse" ? SpecialTokens::parse : SpecialTokens::as_text;
  const std::string bytes = read_file(argv[2]);
  const auto records = records_of(bytes);

  std::vector<std::vector<TokenId>> all(records.size());
  const double encoding = cpu_seconds();
  for (std::size_t i = 0; i < records.size(); ++i) all[i] = (*made)->encode(records[i], special);
  const double encode_seconds = cpu_seconds() - encoding;

  std::vector<std::string> texts(records.size());
  const double decoding = cpu_seconds();
  for (std::size_t i = 0; i < records.size(); ++i) texts[i] = (*made)->decode(all[i]);
  const double decode_seconds = cpu_seconds() - decoding;

  const bool written = write_lists(argv[3], all, 4) && write_lists(argv[4], texts, 1);
  std::printf("{\"records\": %zu, \"bytes\": %zu, \"load_s\": %.6f, \"encode_s\": %.6f, \"decode_s\": %.6f}\n", records.size(),
              bytes.size(), load_seconds, encode_seconds, decode_seconds);
  return written ? 0 : 1;
}
