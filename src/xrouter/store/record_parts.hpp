// Records with long lists, in parts that each fit one line of the journal: no bill is too long to be
// booked.
#pragma once

#include <vector>

#include "xrouter/store/records.hpp"

namespace xrouter::store {

/// So many offers or attempts, with every text at its greatest length, stay below kMaxFrameBytes.
inline constexpr std::size_t kItemsPerLine = 32;

bool fits_one_line(const Record& record);
/// What books the same as `record`. The part that closes a turn or a call comes last: should the
/// process die between the parts, the call is still open and is booked at its reservation.
std::vector<Record> parts_of(const Record& record);

}  // namespace xrouter::store
