// A sample set on disk: a folder with `samples.jsonl` and `samples.json`, the record of how it was made.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "xrouter/samples/builder.hpp"

namespace xrouter::samples {

inline constexpr std::string_view kSamplesFile = "samples.jsonl";
inline constexpr std::string_view kRecordFile = "samples.json";
inline constexpr std::size_t kMaxSampleFileBytes = std::size_t{1} << 30;

/// Writes both files; each appears whole or not at all, the record last. The folder is made when it is missing.
/// Errors: io, naming the file and the system's reason.
Result<void> write_set(const std::string& folder, const SampleSetOptions& options, const BuildInputs& inputs, const BuiltSet& built);

/// What `samples.json` says of a set.
struct SetRecord {
  corpus::Split split = corpus::Split::train;
  Order order = Order::shuffled;
  std::uint64_t seed = 0;
  std::string samples_fnv1a64;                 ///< 16 hex digits over samples.jsonl
  std::vector<std::string> corpora_fnv1a64;    ///< of the corpus files, in their order
};

/// Immutable once opened; may be shared by threads.
class SampleSet {
 public:
  /// `path`: a set's folder, or a samples file without a record. Every sample is checked against corpora and catalogue.
  /// Errors: io; config naming file and line, also when the set was made from other corpora, or the file is not the one
  /// that its record describes.
  static Result<std::shared_ptr<const SampleSet>> open(const std::string& path, std::shared_ptr<const corpus::Corpus> corpus,
                                                       std::shared_ptr<const ModelCatalog> catalog);

  std::size_t size() const { return samples_.size(); }
  const RouterSample& sample(std::size_t index) const { return samples_[index]; }
  /// The question that a sample asks. Precondition: index < size().
  const corpus::Question& question(std::size_t index) const { return records_[record_of_[index]].question; }
  /// The question with its recorded (or assumed) answers, by the corpus's names of the models.
  const corpus::Record& record(std::size_t index) const { return records_[record_of_[index]]; }
  /// The outcome of an offered model; null when it is not recorded (a live model).
  const corpus::RecordedOutcome* outcome(std::size_t index, const ModelId& original) const;
  /// The catalogue as the sample shows it (catalog_of).
  Result<std::shared_ptr<const ModelCatalog>> shown_catalog(std::size_t index) const { return catalog_of(samples_[index], *catalog_); }

  /// Where a recorded pool finds the answers of every sample of this set: the given corpora, and the assumed replies.
  const std::shared_ptr<const corpus::Corpus>& corpus() const { return corpus_; }
  const std::shared_ptr<const ModelCatalog>& catalog() const { return catalog_; }
  /// nullopt without `samples.json`.
  const std::optional<SetRecord>& made() const { return made_; }
  /// 16 hex digits over the samples file, for run records.
  const std::string& fingerprint() const { return fingerprint_; }

 private:
  SampleSet() = default;
  std::vector<RouterSample> samples_;
  std::vector<corpus::Record> records_;   // of the questions that occur, each once
  std::vector<std::size_t> record_of_;    // of each sample
  std::shared_ptr<const corpus::Corpus> corpus_;
  std::shared_ptr<const ModelCatalog> catalog_;
  std::optional<SetRecord> made_;
  std::string fingerprint_;
};

}  // namespace xrouter::samples
