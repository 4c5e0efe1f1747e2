#include "xrouter/grade/follow/csv.hpp"

namespace xrouter::grade::follow {
namespace {

class CsvReader {
 public:
  CsvReader(TextView text, char32_t delimiter) : text_(text), delimiter_(delimiter) {}

  std::optional<std::vector<CsvRow>> read() {
    while (at_ < text_.size()) {
      if (!read_row()) return std::nullopt;
    }
    return std::move(rows_);
  }

 private:
  bool at_line_end() const { return at_ >= text_.size() || text_[at_] == '\n' || text_[at_] == '\r'; }

  // Steps over the end of the line; false when a carriage return stands alone.
  bool next_line() {
    if (at_ < text_.size() && text_[at_] == '\r') {
      ++at_;
      if (at_ < text_.size() && text_[at_] != '\n') return false;
    }
    if (at_ < text_.size()) ++at_;
    return true;
  }

  bool read_row() {
    CsvRow row;
    if (!at_line_end()) {
      row.push_back(field());
      while (at_ < text_.size() && text_[at_] == delimiter_) {
        ++at_;
        row.push_back(field());
      }
    }
    rows_.push_back(std::move(row));
    return next_line();
  }

  // A quote after the closing one is a quote; anything else goes on as plain text.
  Text field() {
    Text out;
    bool quoted = at_ < text_.size() && text_[at_] == '"';
    if (quoted) ++at_;
    while (at_ < text_.size()) {
      const char32_t c = text_[at_];
      if (!quoted && (c == delimiter_ || at_line_end())) break;
      ++at_;
      if (!quoted || c != '"') {
        out.push_back(c);
      } else if (at_ < text_.size() && text_[at_] == '"') {
        out.push_back(text_[at_++]);
      } else {
        quoted = false;
      }
    }
    return out;
  }

  TextView text_;
  char32_t delimiter_;
  std::size_t at_ = 0;
  std::vector<CsvRow> rows_;
};

}  // namespace

std::optional<std::vector<CsvRow>> read_csv(TextView text, char32_t delimiter) { return CsvReader(text, delimiter).read(); }

}  // namespace xrouter::grade::follow
