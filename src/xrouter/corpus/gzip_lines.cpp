#include "xrouter/corpus/gzip_lines.hpp"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

namespace xrouter::corpus {
namespace {

constexpr std::size_t kMaxLineBytes = std::size_t{64} << 20;
constexpr unsigned kBufferBytes = 1U << 16;

struct CloseGzip {
  void operator()(gzFile_s* file) const { gzclose(file); }
};
using GzipFile = std::unique_ptr<gzFile_s, CloseGzip>;

Error at_line(const std::string& path, std::size_t line, const Error& cause) {
  Error error = cause;
  error.public_text = path + ":" + std::to_string(line) + ": " + cause.public_text;
  return error;
}

// The text up to the next line break, or to the end of the file. False at the end.
Result<bool> read_line(gzFile_s* file, std::string& line) {
  line.clear();
  char buffer[kBufferBytes];
  while (gzgets(file, buffer, static_cast<int>(kBufferBytes))) {
    line += buffer;
    if (!line.empty() && line.back() == '\n') {
      line.pop_back();
      return true;
    }
    if (line.size() > kMaxLineBytes) return fail(ErrorKind::config, "the line is longer than 64 MiB");
  }
  int code = Z_OK;
  const char* why = gzerror(file, &code);
  if (code != Z_OK && code != Z_STREAM_END) return fail(ErrorKind::config, code == Z_BUF_ERROR ? "the gzip file is cut off" : std::string("damaged gzip data: ") + why);
  return !line.empty();
}

}  // namespace

Result<void> for_each_gzip_line(const std::string& path, const LineVisitor& visit) {
  const GzipFile file(gzopen(path.c_str(), "rb"));
  if (!file) return fail(ErrorKind::io, "cannot read " + path + ": " + std::strerror(errno));
  gzbuffer(file.get(), kBufferBytes);
  std::string line;
  for (std::size_t number = 1;; ++number) {
    const Result<bool> more = read_line(file.get(), line);
    if (!more) return fail(at_line(path, number, more.error()));
    if (!*more) return {};
    if (line.empty()) continue;
    const auto bytes_read = static_cast<std::size_t>(std::max<z_off_t>(gzoffset(file.get()), 0));
    if (auto visited = visit(line, number, bytes_read); !visited) return fail(at_line(path, number, visited.error()));
  }
}

}  // namespace xrouter::corpus
