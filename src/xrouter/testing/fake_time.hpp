// A settable clock and its timers. Tests advance it; nothing sleeps.
#pragma once

#include "xrouter/async/virtual_time.hpp"

namespace xrouter {

using FakeClock = VirtualClock;
using FakeTimers = VirtualTimers;

}  // namespace xrouter
