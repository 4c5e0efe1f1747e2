#include "xrouter/samples/sample_set.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <unordered_map>

#include "xrouter/base/rng.hpp"
#include "xrouter/samples/assumed_corpus.hpp"
#include "xrouter/samples/corpus_names.hpp"
#include "xrouter/samples/set_record.hpp"

namespace xrouter::samples {
namespace {

namespace fs = std::filesystem;

Error at_line(const std::string& file, std::size_t line, const std::string& what) {
  return {.kind = ErrorKind::config, .public_text = fmt::format("{}:{}: {}", file, line, what)};
}

Result<std::vector<RouterSample>> parse_samples(std::string_view text, const std::string& file) {
  std::vector<RouterSample> samples;
  std::set<std::string> ids;
  std::size_t number = 0;
  for (const std::string_view line : corpus::lines_of(text)) {
    ++number;
    auto sample = parse_sample(line);
    if (!sample) return fail(at_line(file, number, sample.error().public_text));
    if (!ids.insert(sample->id).second) return fail(at_line(file, number, "the id " + sample->id + " occurs twice"));
    samples.push_back(std::move(*sample));
  }
  if (samples.empty()) return fail(ErrorKind::config, file + ": holds no sample");
  return samples;
}

std::string bare_name(const std::string& path) { return fs::path(path).filename().string(); }

Result<void> check_made(const SetRecord& made, const corpus::Corpus& corpus, const std::string& fingerprint, const std::string& path) {
  if (made.samples_fnv1a64 != fingerprint)
    return fail(ErrorKind::config, path + ": " + std::string(kSamplesFile) + " is not the file that " + std::string(kRecordFile) + " describes; make the set anew, or remove the record");
  std::vector<std::string> given;
  for (const corpus::PackedFile& file : corpus.files()) given.push_back(file.fingerprint());
  // In whatever order they are named.
  std::vector<std::string> wanted = made.corpora_fnv1a64;
  std::sort(given.begin(), given.end());
  std::sort(wanted.begin(), wanted.end());
  if (wanted != given) return fail(ErrorKind::config, path + ": the set was made from other corpus files than those given");
  return {};
}

/// The questions of the samples, each once, and which sample asks which.
class Records {
 public:
  Records(const ModelCatalog& catalog, const std::vector<RouterSample>& samples) : catalog_(catalog) {
    for (const RouterSample& sample : samples)
      if (!sample.qid.empty()) wanted_.insert(sample.qid);
  }

  Result<void> read(const corpus::Corpus& corpus) {
    return corpus.for_each([this](const corpus::Header&, corpus::Record record) -> Result<void> {
      const std::string qid = record.question.qid;
      if (wanted_.contains(qid)) place_.emplace(qid, add(std::move(record)));
      return {};
    });
  }

  /// Index of the record that a sample asks for, or what is wrong with the sample.
  Result<std::size_t> of(const RouterSample& sample, const std::optional<SetRecord>& made) {
    const std::string& qid = sample.question ? sample.question->qid : sample.qid;
    auto found = place_.find(qid);
    if (found == place_.end() && sample.question) found = place_.emplace(qid, add_assumed(sample)).first;
    if (found == place_.end()) return fail(ErrorKind::config, "the corpora have no question " + qid);
    const corpus::Record& record = records_[found->second];
    if (sample.question && *sample.question != record.question) return fail(ErrorKind::config, "the question " + qid + " is another one elsewhere");
    if (made && corpus::split_of(record.question.question) != made->split)
      return fail(ErrorKind::config, "the question " + qid + " does not belong to the split " + std::string(to_text(made->split)));
    if (auto sound = check_models(sample, record); !sound) return fail(sound.error());
    return found->second;
  }

  const std::vector<corpus::Record>& assumed() const { return assumed_; }
  std::vector<corpus::Record> take() { return std::move(records_); }

 private:
  std::size_t add(corpus::Record record) {
    records_.push_back(std::move(record));
    return records_.size() - 1;
  }

  std::size_t add_assumed(const RouterSample& sample) {
    if (sample.assumed_reply.empty()) return add({.question = *sample.question, .outcomes = {}});
    assumed_.push_back(assumed_record(*sample.question, sample.assumed_reply, catalog_));
    return add(assumed_.back());
  }

  Result<void> check_models(const RouterSample& sample, const corpus::Record& record) const {
    for (const SampleModel& model : sample.models) {
      const ModelSpec* spec = catalog_.find(model.model);
      if (!spec) return fail(ErrorKind::config, "the catalogue has no model " + model.model.value);
      if (is_recorded(*spec) && !record.find(corpus_name_of(*spec)))
        return fail(ErrorKind::config, "no answer of " + model.model.value + " to " + record.question.qid + " is recorded");
    }
    if (auto shown = catalog_of(sample, catalog_); !shown) return fail(shown.error());
    return {};
  }

  const ModelCatalog& catalog_;
  std::set<std::string> wanted_;
  std::unordered_map<std::string, std::size_t> place_;
  std::vector<corpus::Record> records_;
  std::vector<corpus::Record> assumed_;
};

}  // namespace

Result<std::shared_ptr<const SampleSet>> SampleSet::open(const std::string& path, std::shared_ptr<const corpus::Corpus> corpus,
                                                         std::shared_ptr<const ModelCatalog> catalog) {
  std::error_code ignored;
  const bool is_folder = fs::is_directory(path, ignored);
  const std::string file = is_folder ? (fs::path(path) / kSamplesFile).string() : path;
  const auto text = corpus::read_file(file, kMaxSampleFileBytes);
  if (!text) return fail(text.error());
  const std::shared_ptr<SampleSet> set(new SampleSet);
  set->fingerprint_ = fmt::format("{:016x}", fnv1a64(*text));
  if (is_folder && fs::exists(fs::path(path) / kRecordFile, ignored)) {
    auto made = read_record((fs::path(path) / kRecordFile).string());
    if (!made) return fail(made.error());
    if (auto fits = check_made(*made, *corpus, set->fingerprint_, path); !fits) return fail(fits.error());
    set->made_ = std::move(*made);
  }
  auto samples = parse_samples(*text, bare_name(file));
  if (!samples) return fail(samples.error());
  Records records(*catalog, *samples);
  if (auto read = records.read(*corpus); !read) return fail(read.error());
  for (std::size_t i = 0; i < samples->size(); ++i) {
    const auto index = records.of((*samples)[i], set->made_);
    if (!index) return fail(at_line(bare_name(file), i + 1, index.error().public_text));
    set->record_of_.push_back(*index);
  }
  auto all = with_records(*corpus, records.assumed());
  if (!all) return fail(all.error());
  set->corpus_ = std::move(*all);
  set->records_ = records.take();
  set->samples_ = std::move(*samples);
  set->catalog_ = std::move(catalog);
  return set;
}

const corpus::RecordedOutcome* SampleSet::outcome(std::size_t index, const ModelId& original) const {
  const ModelSpec* spec = catalog_->find(original);
  return spec ? record(index).find(corpus_name_of(*spec)) : nullptr;
}

}  // namespace xrouter::samples
