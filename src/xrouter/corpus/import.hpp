// Converts published outcome files into a corpus file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/corpus/file_format.hpp"

namespace xrouter::corpus {

/// The source layouts. All have `queries.jsonl.gz` and `outcomes.jsonl.gz`; ZeroEval and BFCL keep the
/// response in the outcome, MMLU-Pro in `responses/<model>.jsonl.gz`. BFCL has functions, a second,
/// lenient label, and rows without token counts.
enum class SourceFormat { zeroeval, mmlu_pro, bfcl };
std::string_view to_text(SourceFormat format);
std::optional<SourceFormat> source_format_of(std::string_view text);

/// A model of the source and the name it gets in the corpus file, so that one model that two
/// sources spell differently can be one.
struct ModelChoice {
  std::string source_name;
  std::string name;
};

struct ImportOptions {
  SourceFormat format = SourceFormat::zeroeval;
  std::string folder;
  std::vector<ModelChoice> models;
  std::string domain = {};  ///< only questions of this domain; empty = all
  std::string corpus = {};  ///< short name of the result; empty = the format's name
  bool lenient = false;     ///< BFCL: also count a right answer in a code fence as right
  std::string commit = {};  ///< of the source repository, kept as provenance
};

struct Imported {
  Header header;  ///< the descriptive fields
  std::vector<Record> records;
};

/// Questions in source order, outcomes in the order of `models`. A question without any of the
/// models is left out. Errors: ErrorKind::config with file and line; ErrorKind::io. An outcome of
/// an unknown question, a second outcome of a (question, model), a model without any row and an
/// outcome without a response are errors. `progress` counts bytes of the source files.
Result<Imported> import_outcomes(const ImportOptions& options, const Progress& progress = {});

}  // namespace xrouter::corpus
