// Writes records into the ledger's tables. The caller owns the transaction.
#pragma once

#include "xrouter/store/database.hpp"
#include "xrouter/store/records.hpp"

namespace xrouter::store {

/// Books one record. Booking it again changes nothing. Error: io; Database::refused_row() tells a
/// record that can never be booked from a disk that may recover.
Result<void> book(Database& database, const Record& record);

/// Books every open call at its reserved amount as `lost`, and closes the requests that were
/// running: what is right after the process that served them has died.
Result<void> book_all_lost(Database& database);

}  // namespace xrouter::store
