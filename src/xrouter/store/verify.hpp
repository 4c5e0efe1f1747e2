// Is the ledger sound: does every total equal its lines, is nothing orphaned, missing or open?
#pragma once

#include "xrouter/store/ledger_reader.hpp"

namespace xrouter::store {

struct Finding {
  std::string what;
  std::int64_t count = 0;
  std::string example = {};  ///< the first request concerned, when one is
};

struct VerifyReport {
  std::int64_t requests = 0;
  std::int64_t lines = 0;
  Usd lines_total = Usd::zero();     ///< known cost of the lines of all ended requests
  Usd requests_total = Usd::zero();  ///< the same from the requests' own totals
  std::vector<Finding> faults;       ///< empty: the ledger is sound
  std::vector<Finding> notes;        ///< worth knowing, not wrong
  std::uint64_t journal_bytes = 0;   ///< not yet in the database
  bool sound() const { return faults.empty() && lines_total == requests_total; }
};

/// Looks at the whole ledger, whatever the reader's window. Requests under way have no total yet
/// and are not compared. Error: io.
Result<VerifyReport> verify(LedgerReader& reader);

}  // namespace xrouter::store
