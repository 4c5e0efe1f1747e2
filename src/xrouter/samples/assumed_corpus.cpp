#include "xrouter/samples/assumed_corpus.hpp"

#include "xrouter/samples/corpus_names.hpp"

namespace xrouter::samples {
namespace {

// English text has about four bytes a token; a chat template adds a few.
constexpr std::int64_t kBytesPerToken = 4;
constexpr std::int64_t kTemplateTokens = 8;

std::int64_t tokens_of(const std::string& text) { return static_cast<std::int64_t>(text.size()) / kBytesPerToken + 1; }

}  // namespace

corpus::Record assumed_record(const corpus::Question& question, const std::string& reply, const ModelCatalog& catalog) {
  corpus::Record record{.question = question, .outcomes = {}};
  for (const ModelSpec& model : catalog.models()) {
    if (!is_recorded(model) || record.find(corpus_name_of(model))) continue;
    record.outcomes.push_back({.model = corpus_name_of(model),
                               .correct = true,
                               .answer = reply,
                               .in_tok = tokens_of(question.prompt) + kTemplateTokens,
                               .out_tok = tokens_of(reply),
                               .response = reply});
  }
  return record;
}

Result<std::shared_ptr<const corpus::Corpus>> with_records(const corpus::Corpus& corpus, const std::vector<corpus::Record>& records) {
  std::vector<corpus::PackedFile> files = corpus.files();
  if (!records.empty()) {
    const corpus::Header header{.corpus = "assumed", .note = "No model was asked: what any model is taken to answer to small talk."};
    auto packed = corpus::PackedFile::open(corpus::pack(header, records));
    if (!packed) return fail(packed.error());
    files.push_back(std::move(*packed));
  }
  return corpus::Corpus::from_files(std::move(files));
}

}  // namespace xrouter::samples
