#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "xrouter/store/journal_frame.hpp"
#include "xrouter/store/journal_reader.hpp"
#include "xrouter/store/journal_writer.hpp"
#include "xrouter/store/test_support.hpp"

namespace xrouter::store {
namespace {

using Verdict = JournalEntry::Verdict;

std::string without_break(const std::string& line) { return line.substr(0, line.size() - 1); }

TEST(JournalFrame, returns_the_payload_and_notices_any_changed_bit) {
  const std::string line = without_break(frame(R"({"kind":"x"})"));
  ASSERT_EQ(payload_of(line), R"({"kind":"x"})");
  for (std::size_t byte = 0; byte < line.size(); ++byte)
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = line;
      changed[byte] = static_cast<char>(changed[byte] ^ (1 << bit));
      EXPECT_EQ(payload_of(changed), std::nullopt) << "byte " << byte << " bit " << bit;
    }
  for (std::size_t length = 0; length < line.size(); ++length) EXPECT_EQ(payload_of(line.substr(0, length)), std::nullopt) << length;
}

class JournalFolder : public ::testing::Test {
 protected:
  JournalFolder() { ::mkdir(folder_.c_str(), 0700); }

  std::vector<JournalEntry> read_sealed(std::uint64_t segment) {
    std::vector<JournalEntry> all;
    Position at{.segment = segment, .offset = 0};
    for (int chunks = 0; chunks < 100; ++chunks) {
      auto chunk = read_chunk(folder_, at, {.segment = segment + 1, .offset = 0});
      EXPECT_TRUE(chunk) << chunk.error().describe();
      if (!chunk) return all;
      all.insert(all.end(), chunk->entries.begin(), chunk->entries.end());
      at = chunk->next;
      if (chunk->segment_done) return all;
    }
    ADD_FAILURE() << "reading does not end";
    return all;
  }

  TempFolder temp_;
  std::string folder_ = temp_.file("queue");
};

TEST_F(JournalFolder, gives_back_what_was_appended_in_order) {
  JournalWriter writer(folder_, 1, 1 << 20);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(writer.append(frame(std::to_string(i))));
  const auto entries = read_sealed(1);
  ASSERT_EQ(entries.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(entries[static_cast<std::size_t>(i)].payload, std::to_string(i));
}

TEST_F(JournalFolder, cuts_the_last_record_at_every_byte_and_keeps_those_before_it) {
  const std::string first = frame("first"), last = frame("last record");
  for (std::size_t kept = 0; kept <= last.size(); ++kept) {
    write_file(segment_path(folder_, 1), first + last.substr(0, kept));
    const auto entries = read_sealed(1);
    ASSERT_EQ(entries.size(), kept == 0 ? 1u : 2u) << kept;
    EXPECT_EQ(entries[0].payload, "first");
    if (kept == 0) continue;
    EXPECT_EQ(entries[1].verdict, kept == last.size() ? Verdict::ok : Verdict::torn) << kept;
  }
}

TEST_F(JournalFolder, damage_at_any_byte_is_reported_and_never_passes_as_a_record) {
  const std::string lines[] = {frame("one"), frame("two"), frame("three")};
  const std::string whole = lines[0] + lines[1] + lines[2];
  for (std::size_t byte = 0; byte < whole.size(); ++byte) {
    std::string changed = whole;
    changed[byte] = static_cast<char>(changed[byte] ^ 0x11);
    write_file(segment_path(folder_, 1), changed);
    std::size_t good = 0, bad = 0;
    for (const auto& entry : read_sealed(1)) {
      const bool ok = entry.verdict == Verdict::ok;
      (ok ? good : bad) += 1;
      EXPECT_TRUE(!ok || entry.payload == "one" || entry.payload == "two" || entry.payload == "three");
    }
    EXPECT_GE(bad, 1u) << byte;
    EXPECT_GE(good, 1u) << "a lost line break may join two records, not three; byte " << byte;
  }
}

TEST_F(JournalFolder, reads_records_across_chunk_borders) {
  JournalWriter writer(folder_, 1, 1 << 30);
  const std::string big(100'000, 'x');
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(writer.append(frame(big + std::to_string(i))));
  const auto entries = read_sealed(1);
  ASSERT_EQ(entries.size(), 40u);
  for (const auto& entry : entries) EXPECT_EQ(entry.verdict, Verdict::ok);
}

TEST_F(JournalFolder, skips_a_line_that_never_ends) {
  write_file(segment_path(folder_, 1), std::string(3 * kChunkBytes, 'x') + "\n" + frame("after"));
  const auto entries = read_sealed(1);
  ASSERT_GE(entries.size(), 2u);
  EXPECT_EQ(entries.front().verdict, Verdict::damaged);
  EXPECT_EQ(entries.back().payload, "after");
}

TEST_F(JournalFolder, rotates_at_the_segment_size_and_never_appends_to_an_old_segment) {
  const std::string line = frame(std::string(89, 'x'));  // 101 bytes
  JournalWriter writer(folder_, 7, 2 * line.size());
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(writer.append(line));
  EXPECT_EQ(writer.end(), (Position{.segment = 9, .offset = line.size()}));
  EXPECT_EQ(*list_segments(folder_), (std::vector<std::uint64_t>{7, 8, 9}));
  JournalWriter next(folder_, 9, 2 * line.size());
  EXPECT_FALSE(next.append(line)) << "segment 9 exists";
  EXPECT_TRUE(next.append(line));
  EXPECT_EQ(next.end().segment, 10u);
}

TEST_F(JournalFolder, only_one_process_holds_the_lock) {
  auto first = lock_folder(folder_);
  ASSERT_TRUE(first);
  auto second = lock_folder(folder_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::config);
}

TEST_F(JournalFolder, foreign_files_are_no_segments) {
  for (const char* name : {"/lock", "/12x.journal", "/.journal", "/000000000003.journal.damaged"}) write_file(folder_ + name, "x");
  EXPECT_TRUE(list_segments(folder_)->empty());
}

}  // namespace
}  // namespace xrouter::store
