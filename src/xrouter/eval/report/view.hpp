// What all parts of the page agree on: the look of each system and which systems stand in front.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "xrouter/eval/summary.hpp"

namespace xrouter::eval::report {

enum class Shape { circle, square, diamond, triangle, cross, star };

/// Systems that are drawn alike: a family, or all single models, or a system of its own.
struct Series {
  std::string name;
  SystemKind kind = SystemKind::baseline;
  int colour = 0;  ///< CSS class "c<n>", 0 to kColours - 1
  Shape shape = Shape::circle;
};

inline constexpr int kColours = 8;  ///< told apart with every common kind of colour blindness; 0 is for the judged policy

/// References the summary, which must outlive it.
class View {
 public:
  explicit View(const Summary& summary);

  const Summary& summary() const { return summary_; }
  const std::vector<Series>& series() const { return series_; }
  std::size_t series_of(std::string_view system) const;
  /// A name for people; the id of a system that the summary does not describe.
  std::string label(std::string_view system) const;
  SystemKind kind(std::string_view system) const;
  /// One of several points of a curve, and not the one that stands for it: shown on demand only.
  bool is_minor(std::string_view system) const;
  /// Class "c<n>" of a model in bars of shares; the most called models of the whole run get a colour of their own.
  int model_colour(std::string_view model) const;
  std::size_t minor_count() const { return minor_count_; }

 private:
  struct Entry {
    const SystemText* text = nullptr;
    std::size_t series = 0;
    bool minor = false;
  };
  void add_series();
  void choose_minors();
  void colour_models();

  const Summary& summary_;
  std::vector<Series> series_;
  std::unordered_map<std::string, Entry> systems_;
  std::unordered_map<std::string, int> model_colours_;
  std::size_t minor_count_ = 0;
};

/// Attributes of an element that belongs to one system: its class, and "minor" when it is one.
std::string system_class(const View& view, std::string_view system);
/// The badge text: "policy", "single model", "baseline", "upper bound".
std::string_view kind_text(SystemKind kind);

}  // namespace xrouter::eval::report
