// The ledger's tables and their versions.
#pragma once

#include "xrouter/store/database.hpp"

namespace xrouter::store {

inline constexpr int kSchemaVersion = 3;

/// Brings an empty or older ledger to kSchemaVersion, each step in its own transaction.
/// Errors: config (not a ledger; written by a newer xrouter), io.
Result<void> migrate(Database& database);
/// For readers. Errors: config (not a ledger, newer or older schema), io.
Result<void> check_schema(Database& database);

}  // namespace xrouter::store
