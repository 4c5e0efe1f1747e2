// LD_PRELOAD library: counts allocations into a small shared file (XROUTER_ALLOC_FILE: two 64-bit numbers, calls and
// bytes), so that a benchmark can read the count of a running program before and after a number of requests.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
}

namespace {

struct Counters {
  std::atomic<std::uint64_t> calls;
  std::atomic<std::uint64_t> bytes;
};

Counters* open_counters() {
  const char* path = std::getenv("XROUTER_ALLOC_FILE");
  const int file = path ? open(path, O_RDWR | O_CREAT, 0600) : -1;
  if (file < 0 || ftruncate(file, sizeof(Counters)) != 0) return nullptr;
  void* shared = mmap(nullptr, sizeof(Counters), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  return shared == MAP_FAILED ? nullptr : static_cast<Counters*>(shared);
}

Counters* counters = nullptr;

__attribute__((constructor)) void begin() { counters = open_counters(); }

void count(std::size_t bytes) {
  if (counters == nullptr) return;
  counters->calls.fetch_add(1, std::memory_order_relaxed);
  counters->bytes.fetch_add(bytes, std::memory_order_relaxed);
}

}  // namespace

extern "C" {
void* malloc(std::size_t size) {
  count(size);
  return __libc_malloc(size);
}
void* calloc(std::size_t number, std::size_t size) {
  count(number * size);
  return __libc_calloc(number, size);
}
void* realloc(void* old, std::size_t size) {
  count(size);
  return __libc_realloc(old, size);
}
void* memalign(std::size_t alignment, std::size_t size) {
  count(size);
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) { return memalign(alignment, size); }
int posix_memalign(void** into, std::size_t alignment, std::size_t size) {
  *into = memalign(alignment, size);
  return *into == nullptr ? 12 : 0;  // ENOMEM
}
}
