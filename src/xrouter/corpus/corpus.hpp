// The recorded questions of one or more corpus files, looked up by the text of a request.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/corpus/file_format.hpp"
#include "xrouter/corpus/record.hpp"

namespace xrouter::corpus {

/// Immutable once opened, shared by threads without locks. Holds the packed files (some 15 MB for
/// the shipped ones) and an index; a question is unpacked and parsed when it is asked for, in about
/// 0.2 ms. unpacked() gives a copy for those who ask thousands of questions a second.
class Corpus {
 public:
  /// Errors: ErrorKind::config naming the file and what is wrong; ErrorKind::io when unreadable.
  static Result<std::shared_ptr<const Corpus>> open(const std::vector<std::string>& paths);
  static std::shared_ptr<const Corpus> from_files(std::vector<PackedFile> files);

  /// The same questions, all parsed and in memory (some 60 MB for the shipped ones): reading one is
  /// copying it. Errors: config when a file turns out to be damaged.
  Result<std::shared_ptr<const Corpus>> unpacked() const;

  std::size_t size() const { return places_.size(); }
  const std::vector<PackedFile>& files() const { return files_; }

  /// Precondition: index < size().
  Result<Record> read(std::size_t index) const;

  /// The question that a user's text asks, under normalised(): the whole prompt, or the bare
  /// question when that is unambiguous. The first in file order of equal prompts.
  /// Errors: question_not_recorded, with a text that tells a caller what to send; config when the
  /// file turns out to be damaged.
  Result<Record> find(std::string_view user_text) const;

  /// Every record in file order, each frame unpacked at most once. Stops at the first error.
  Result<void> for_each(const std::function<Result<void>(const Header& header, Record record)>& visit) const;

 private:
  struct Place {
    std::uint32_t file;
    std::uint32_t frame;
    std::uint32_t line;
  };
  using Index = std::vector<std::pair<std::uint64_t, std::uint32_t>>;  // sorted: key, question

  Result<Record> find_prompt(const std::string& wanted) const;
  Result<Record> find_bare(const std::string& wanted) const;

  std::vector<PackedFile> files_;
  std::vector<Place> places_;
  std::vector<Record> records_;  // of an unpacked corpus, one a place
  Index by_prompt_;
  Index by_question_;
};

/// Every `*.jsonl.zst` of a folder, sorted by name. Errors: ErrorKind::config when there is none.
Result<std::vector<std::string>> corpus_files_in(const std::string& folder);

/// A whole file's bytes. Errors: ErrorKind::io; ErrorKind::config beyond `max_bytes`.
Result<std::string> read_file(const std::string& path, std::size_t max_bytes);

}  // namespace xrouter::corpus
