#include "xrouter/store/database.hpp"

#include <sqlite3.h>

#include <filesystem>

namespace xrouter::store {

bool Row::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
std::int64_t Row::integer(int column) const { return sqlite3_column_int64(statement_, column); }
double Row::real(int column) const { return sqlite3_column_double(statement_, column); }

std::string Row::text(int column) const {
  const auto bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return bytes == nullptr ? std::string() : std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

std::string Row::blob(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  return bytes == nullptr ? std::string() : std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

std::optional<std::int64_t> Row::optional_integer(int column) const {
  return is_null(column) ? std::nullopt : std::optional(integer(column));
}

std::optional<double> Row::optional_real(int column) const { return is_null(column) ? std::nullopt : std::optional(real(column)); }

void Database::Close::operator()(sqlite3* connection) const noexcept { sqlite3_close_v2(connection); }
void Database::Close::operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }

Result<Database> Database::open(const std::string& path, Access access, std::string_view what) {
  std::error_code ignored;
  if (access == Access::read_only && !std::filesystem::exists(path, ignored))
    return fail(ErrorKind::config, "There is no " + std::string(what) + " at " + path + ".");
  const int flags = access == Access::create ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  sqlite3* connection = nullptr;
  const int status = sqlite3_open_v2(path.c_str(), &connection, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  Database database;
  database.what_ = what;
  database.connection_.reset(connection);
  if (status != SQLITE_OK) return fail(database.failure("open " + path));
  sqlite3_busy_timeout(connection, 500);  // one process writes; waits are short
  return database;
}

Result<void> Database::execute(const std::string& sql) {
  if (sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return fail(failure(sql.substr(0, 60)));
  return {};
}

Result<sqlite3_stmt*> Database::prepared(std::string_view sql) {
  Statement& kept = statements_[sql];
  if (kept) return kept.get();
  sqlite3_stmt* made = nullptr;
  const int status = sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &made, nullptr);
  if (status != SQLITE_OK) return fail(failure(sql.substr(0, 60)));
  kept.reset(made);
  return made;
}

Result<bool> Database::step(sqlite3_stmt* statement) {
  const int status = sqlite3_step(statement);
  if (status == SQLITE_ROW) return true;
  if (status == SQLITE_DONE) {
    reset(statement);
    return false;
  }
  Error error = failure(std::string_view(sqlite3_sql(statement)).substr(0, 60));
  reset(statement);
  return fail(std::move(error));
}

// Called right after the failing call: SQLite keeps the reason with the connection.
Error Database::failure(std::string_view doing) {
  const int code = sqlite3_errcode(connection_.get());
  refused_row_ = code == SQLITE_CONSTRAINT || code == SQLITE_TOOBIG || code == SQLITE_MISMATCH;
  const std::string what(what_);
  if (code == SQLITE_NOTADB) return {.kind = ErrorKind::config, .public_text = "The file is not a " + what + " of xrouter.", .internal_text = std::string(doing)};
  return {.kind = ErrorKind::io,
          .public_text = "The " + what + " database refused the operation.",
          .internal_text = std::string(doing) + ": " + sqlite3_errmsg(connection_.get())};
}

int Database::changes() const { return sqlite3_changes(connection_.get()); }

void Database::reset(sqlite3_stmt* statement) noexcept {
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
}

// A binding can fail only for want of memory; the NOT NULL columns of the schema then refuse the row.
void Database::bind_null(sqlite3_stmt* statement, int index) { sqlite3_bind_null(statement, index); }
void Database::bind(sqlite3_stmt* statement, int index, std::int64_t value) { sqlite3_bind_int64(statement, index, value); }
void Database::bind(sqlite3_stmt* statement, int index, double value) { sqlite3_bind_double(statement, index, value); }
void Database::bind(sqlite3_stmt* statement, int index, std::string_view value) {
  // A null pointer would bind NULL instead of the empty text. The text outlives the statement's run: it is an argument of each().
  sqlite3_bind_text(statement, index, value.data() == nullptr ? "" : value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
}

void Database::bind(sqlite3_stmt* statement, int index, Blob value) {
  sqlite3_bind_blob(statement, index, value.bytes.data() == nullptr ? "" : value.bytes.data(), static_cast<int>(value.bytes.size()), SQLITE_STATIC);
}

}  // namespace xrouter::store
