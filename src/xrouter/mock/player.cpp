#include "xrouter/mock/player.hpp"

#include "xrouter/async/sleep.hpp"

namespace xrouter::mock {
namespace {
// A stalled or half-closed connection ends when the client leaves; this is only the upper bound.
constexpr Duration kLongestStall = std::chrono::hours(1);
}  // namespace

// False when the client left meanwhile.
boost::asio::awaitable<bool> Player::pause(const Delay& delay) {
  if (delay.none()) co_return !scope_.ended();
  const Duration duration = delay.draw(rng_);
  const Result<void> slept = co_await sleep_for(duration, scope_);
  co_return slept.has_value();
}

boost::asio::awaitable<Outcome> Player::play() {
  const bool waited = co_await pause(plan_.delay);
  if (!waited) co_return Outcome::left_before_head;
  if (plan_.raw_http) {
    const Result<void> written = co_await stream_.write(*plan_.raw_http, scope_);
    stream_.close();
    co_return written ? Outcome::cut : Outcome::left_before_head;
  }
  if (plan_.cut_before_head) co_return co_await end(Outcome::left_before_head);
  if (plan_.framed) co_return co_await play_framed();
  const Result<void> sent = co_await response_.send(plan_.status, plan_.headers, plan_.pieces.front());
  co_return sent ? Outcome::completed : Outcome::left_before_head;
}

boost::asio::awaitable<Outcome> Player::play_framed() {
  const bool head_alone = !plan_.ttft.none() || plan_.pieces.empty();
  std::size_t next = 0;
  std::string_view first;
  if (!head_alone) first = plan_.pieces[next++];
  const Result<void> begun = co_await response_.begin(plan_.status, plan_.headers, first);
  if (!begun) co_return Outcome::left_before_head;
  bool here = true;
  if (head_alone) here = co_await pause(plan_.ttft);
  if (!here) co_return Outcome::left_before_first;
  for (; next < plan_.pieces.size(); ++next) {
    if (next > 0) here = co_await pause(plan_.gap);
    if (!here) co_return Outcome::left_mid_response;
    const Result<void> written = co_await response_.write(plan_.pieces[next]);
    if (!written) co_return next > 0 ? Outcome::left_mid_response : Outcome::left_before_first;
  }
  const Outcome when_left = plan_.pieces.empty() ? Outcome::left_before_first : Outcome::left_mid_response;
  if (plan_.ending != Plan::Ending::finish) co_return co_await end(when_left);
  const Result<void> finished = co_await response_.finish();
  co_return finished ? Outcome::completed : Outcome::left_mid_response;
}

boost::asio::awaitable<Outcome> Player::end(Outcome when_left) {
  Result<void> slept;
  switch (plan_.ending) {
    case Plan::Ending::reset: stream_.reset(); co_return Outcome::cut;
    case Plan::Ending::finish:
    case Plan::Ending::close: stream_.close(); co_return Outcome::cut;
    case Plan::Ending::half_close:
      stream_.half_close();
      slept = co_await sleep_for(kLongestStall, scope_);
      stream_.close();
      co_return Outcome::cut;
    case Plan::Ending::stall: break;
  }
  slept = co_await sleep_for(kLongestStall, scope_);
  stream_.close();
  co_return slept ? Outcome::cut : when_left;
}

}  // namespace xrouter::mock
