// SQLite behind Result values: open, run a statement, walk over rows.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "xrouter/base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace xrouter::store {

/// The current row of a query. Valid during the row callback only.
class Row {
 public:
  explicit Row(sqlite3_stmt* statement) : statement_(statement) {}
  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;
  /// Bytes of any kind.
  std::string blob(int column) const;
  std::optional<std::int64_t> optional_integer(int column) const;
  std::optional<double> optional_real(int column) const;

 private:
  sqlite3_stmt* statement_;
};

/// Bytes to be bound as they are, not as text. Must live as long as the statement runs.
struct Blob {
  std::string_view bytes;
};

/// One connection. Not thread-safe. Statements are prepared once and kept by their text, so the
/// text must be a literal (or live as long as the connection).
class Database {
 public:
  enum class Access { create, read_only };
  /// `what` is how errors call the file: a literal. Errors: config (no such file, not a database), io.
  static Result<Database> open(const std::string& path, Access access, std::string_view what = "ledger");

  /// Several statements without parameters: schema and pragmas.
  Result<void> execute(const std::string& sql);
  /// One statement; parameters are bound by position. Returns the number of changed rows.
  template <class... Args>
  Result<int> run(std::string_view sql, const Args&... args);
  /// Calls `row_fn(const Row&)` for each row.
  template <class RowFn, class... Args>
  Result<void> each(std::string_view sql, RowFn row_fn, const Args&... args);
  /// The first column of the first row; 0 without rows.
  template <class... Args>
  Result<std::int64_t> integer(std::string_view sql, const Args&... args);

  /// The last failure was a row that the schema refuses, not the disk: trying again is useless.
  bool refused_row() const { return refused_row_; }

 private:
  struct Close {
    void operator()(sqlite3* connection) const noexcept;
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Close>;

  Result<sqlite3_stmt*> prepared(std::string_view sql);
  Result<bool> step(sqlite3_stmt* statement);
  Error failure(std::string_view doing);
  int changes() const;

  static void bind_null(sqlite3_stmt* statement, int index);
  static void bind(sqlite3_stmt* statement, int index, std::int64_t value);
  static void bind(sqlite3_stmt* statement, int index, int value) { bind(statement, index, static_cast<std::int64_t>(value)); }
  static void bind(sqlite3_stmt* statement, int index, bool value) { bind(statement, index, static_cast<std::int64_t>(value)); }
  static void bind(sqlite3_stmt* statement, int index, std::uint64_t value) { bind(statement, index, static_cast<std::int64_t>(value)); }
  static void bind(sqlite3_stmt* statement, int index, double value);
  static void bind(sqlite3_stmt* statement, int index, std::string_view value);
  static void bind(sqlite3_stmt* statement, int index, Blob value);
  static void bind(sqlite3_stmt* statement, int index, const std::string& value) { bind(statement, index, std::string_view(value)); }
  static void bind(sqlite3_stmt* statement, int index, const char* value) { bind(statement, index, std::string_view(value)); }
  template <class T>
  static void bind(sqlite3_stmt* statement, int index, const std::optional<T>& value) {
    value ? bind(statement, index, *value) : bind_null(statement, index);
  }
  static void reset(sqlite3_stmt* statement) noexcept;

  std::unique_ptr<sqlite3, Close> connection_;
  std::map<std::string_view, Statement> statements_;  // after the connection: finalised before it closes
  bool refused_row_ = false;
  std::string_view what_;
};

template <class... Args>
Result<int> Database::run(std::string_view sql, const Args&... args) {
  auto walked = each(sql, [](const Row&) {}, args...);
  if (!walked) return fail(std::move(walked.error()));
  return changes();
}

template <class RowFn, class... Args>
Result<void> Database::each(std::string_view sql, RowFn row_fn, const Args&... args) {
  auto statement = prepared(sql);
  if (!statement) return fail(std::move(statement.error()));
  int index = 0;
  (bind(*statement, ++index, args), ...);
  for (;;) {
    auto more = step(*statement);
    if (!more) return fail(std::move(more.error()));
    if (!*more) return {};
    row_fn(Row(*statement));
  }
}

template <class... Args>
Result<std::int64_t> Database::integer(std::string_view sql, const Args&... args) {
  std::int64_t value = 0;
  auto walked = each(sql, [&value](const Row& row) { value = row.integer(0); }, args...);
  if (!walked) return fail(std::move(walked.error()));
  return value;
}

}  // namespace xrouter::store
