// The best that mixing known systems reaches at every cost. Pure functions.
#pragma once

#include <span>
#include <vector>

namespace xrouter::eval::stats {

/// Cost in any unit, quality in any unit; both finite.
struct Point {
  double cost = 0;
  double quality = 0;
  bool operator==(const Point&) const = default;
};

/// Corners of the upper concave envelope made non-decreasing (NDCH): tossing a coin between two
/// systems reaches every point of the segment between them, and nobody need take what is dearer and
/// worse. Monotone chain; by cost, both coordinates strictly rising. Empty for no points.
std::vector<Point> non_decreasing_hull(std::vector<Point> points);

/// Quality of a hull at a cost: its last quality beyond the dearest corner. Below the cheapest corner
/// the cheapest one's quality, although nothing reaches it there: whoever is compared with a hull
/// gets no gift. Precondition: the hull has a corner.
double height(std::span<const Point> hull, double cost);

/// Mean height over [from, to]; the height at `from` when they are equal. Precondition as height().
double mean_height(std::span<const Point> hull, double from, double to);

/// AIQ as the paper of RouterBench has it: mean height between the cheapest and the dearest point.
double aiq(std::span<const Point> points);
/// AIQ as its code has it: the same area divided by the dearest cost, so the stretch from 0 to the
/// cheapest point counts as quality 0. Both are 0 without points.
double aiq_code_form(std::span<const Point> points);

}  // namespace xrouter::eval::stats
