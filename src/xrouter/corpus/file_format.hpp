// The corpus file: JSON lines in independent zstd frames.
//
// Frame 0 holds one line, the header: what the file is, where it comes from, how long every other
// frame is, and two text keys a question. So a reader knows every question after unpacking a few
// hundred kilobytes, and unpacks one small frame to read one question. Decompressed as a whole
// (`zstd -dc`) the file is plain JSON lines.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "xrouter/base/result.hpp"
#include "xrouter/corpus/record.hpp"

namespace xrouter::corpus {

inline constexpr std::int64_t kFormatVersion = 1;

struct SourceFile {
  std::string name;
  std::int64_t bytes = 0;
  std::string fnv1a64;  ///< 16 hex digits, over the file as read
  bool operator==(const SourceFile&) const = default;
};

struct ModelCount {
  std::string name;
  std::int64_t outcomes = 0;
  std::int64_t correct = 0;
  bool operator==(const ModelCount&) const = default;
};

struct FrameInfo {
  std::size_t packed_bytes = 0;
  std::size_t text_bytes = 0;
  std::size_t questions = 0;
  bool operator==(const FrameInfo&) const = default;
};

struct QuestionKeys {
  std::uint64_t prompt = 0;
  std::uint64_t question = 0;
  bool operator==(const QuestionKeys&) const = default;
};

struct Header {
  std::string corpus = {};      ///< short name, for example "zeroeval"
  std::string repository = {};  ///< where the records were published
  std::string commit = {};
  std::string licence = {};
  std::string note = {};  ///< known defects of the figures, one or two sentences
  std::vector<SourceFile> sources = {};
  std::vector<ModelCount> models = {};
  std::vector<FrameInfo> frames = {};
  std::vector<QuestionKeys> keys = {};  ///< one a question, in file order

  std::int64_t outcomes() const;
};

/// Called with what is done and what there is to do.
using Progress = std::function<void(std::size_t done, std::size_t total)>;

/// The whole file's bytes. `header` gives the descriptive fields; counts, frames and keys are
/// computed. Deterministic for one zstd version.
/// `progress` is called with questions done and in all.
std::string pack(Header header, const std::vector<Record>& records, const Progress& progress = {});

/// A file in memory. Immutable, so shared by threads.
class PackedFile {
 public:
  /// Errors: ErrorKind::config for anything that is not a sound corpus file of a known version.
  /// Every size is checked against the bytes that are there before it is trusted.
  static Result<PackedFile> open(std::string bytes);

  const Header& header() const { return header_; }
  /// 16 hex digits over the whole file, for run records.
  std::string fingerprint() const;
  /// The text lines of one frame, unpacked. Precondition: frame < header().frames.size().
  Result<std::string> frame_text(std::size_t frame) const;

 private:
  std::string bytes_;
  Header header_;
  std::vector<std::size_t> offsets_;  // of each frame in bytes_
};

/// The lines of a text, without their line breaks; a last line without one counts too.
std::vector<std::string_view> lines_of(std::string_view text);

}  // namespace xrouter::corpus
