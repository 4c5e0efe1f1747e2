// Owners for the C types of FLINT, Arb and Calcium, and nothing more. Objects stay on the thread that
// made them: FLINT keeps its memory per thread (it is built with thread-local storage).
#pragma once

#include <acb.h>
#include <arb.h>
#include <flint/fmpq.h>
#include <flint/fmpz.h>

#include <utility>

namespace xrouter::grade::math {

/// FLINT keeps memory for each thread; this gives it back when the calling thread ends.
inline void release_caches_at_thread_end() {
  struct AtEnd {
    ~AtEnd() { flint_cleanup(); }
  };
  [[maybe_unused]] thread_local const AtEnd at_end;
}

/// An exact rational.
class Rational {
 public:
  Rational() {
    release_caches_at_thread_end();
    fmpq_init(value_);
  }
  explicit Rational(long value) : Rational() { fmpq_set_si(value_, value, 1); }
  Rational(const Rational& other) : Rational() { fmpq_set(value_, other.value_); }
  Rational(Rational&& other) noexcept : Rational() { fmpq_swap(value_, other.value_); }
  Rational& operator=(Rational other) noexcept {
    fmpq_swap(value_, other.value_);
    return *this;
  }
  ~Rational() { fmpq_clear(value_); }

  fmpq* get() { return value_; }
  const fmpq* get() const { return value_; }
  fmpz* numerator() { return fmpq_numref(value_); }
  const fmpz* numerator() const { return fmpq_numref(value_); }
  const fmpz* denominator() const { return fmpq_denref(value_); }
  fmpz* denominator() { return fmpq_denref(value_); }

  bool is_integer() const { return fmpz_is_one(denominator()) != 0; }
  bool is_zero() const { return fmpq_is_zero(value_) != 0; }
  int sign() const { return fmpq_sgn(value_); }
  long bits() const { return static_cast<long>(fmpz_bits(numerator()) + fmpz_bits(denominator())); }
  bool fits_long() const { return is_integer() && fmpz_fits_si(numerator()); }
  long to_long() const { return fmpz_get_si(numerator()); }
  bool operator==(const Rational& other) const { return fmpq_equal(value_, other.value_) != 0; }

 private:
  fmpq_t value_;
};

/// A complex ball: a number known to lie within its radius.
class Ball {
 public:
  Ball() { acb_init(value_); }
  Ball(const Ball& other) : Ball() { acb_set(value_, other.value_); }
  Ball(Ball&& other) noexcept : Ball() { acb_swap(value_, other.value_); }
  Ball& operator=(Ball other) noexcept {
    acb_swap(value_, other.value_);
    return *this;
  }
  ~Ball() { acb_clear(value_); }

  acb_struct* get() { return value_; }
  const acb_struct* get() const { return value_; }

 private:
  acb_t value_;
};

}  // namespace xrouter::grade::math
