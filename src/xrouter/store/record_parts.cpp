#include "xrouter/store/record_parts.hpp"

#include <algorithm>

namespace xrouter::store {
namespace {

// Offers are booked one by one and have no numbers.
void renumber(PoolRecord&, std::size_t) {}
template <class Bill>
void renumber(Bill& part, std::size_t begin) {
  part.first_attempt += static_cast<int>(begin);
}

template <class Fact, class Item>
std::vector<Record> split(const Fact& whole, std::vector<Item> Fact::*list) {
  const std::vector<Item>& items = whole.*list;
  std::vector<Record> parts;
  for (std::size_t begin = 0; begin < items.size(); begin += kItemsPerLine) {
    const auto first = items.begin() + static_cast<std::ptrdiff_t>(begin);
    Fact part = whole;
    (part.*list).assign(first, first + static_cast<std::ptrdiff_t>(std::min(kItemsPerLine, items.size() - begin)));
    renumber(part, begin);
    parts.emplace_back(std::move(part));
  }
  std::reverse(parts.begin(), parts.end());  // the one with attempt 1 closes the bill
  return parts;
}

struct ListLength {
  std::size_t operator()(const PoolRecord& record) const { return record.offers.size(); }
  std::size_t operator()(const TurnRecord& record) const { return record.attempts.size(); }
  std::size_t operator()(const SettledRecord& record) const { return record.attempts.size(); }
  template <class Other>
  std::size_t operator()(const Other&) const {
    return 0;
  }
};

struct Split {
  std::vector<Record> operator()(const PoolRecord& record) const { return split(record, &PoolRecord::offers); }
  std::vector<Record> operator()(const TurnRecord& record) const { return split(record, &TurnRecord::attempts); }
  std::vector<Record> operator()(const SettledRecord& record) const { return split(record, &SettledRecord::attempts); }
  template <class Other>
  std::vector<Record> operator()(const Other& record) const {
    return {record};
  }
};

}  // namespace

bool fits_one_line(const Record& record) { return std::visit(ListLength(), record) <= kItemsPerLine; }

std::vector<Record> parts_of(const Record& record) {
  if (fits_one_line(record)) return {record};
  return std::visit(Split(), record);
}

}  // namespace xrouter::store
