#include "xrouter/weights/file_bytes.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "xrouter/weights/refusal.hpp"

namespace xrouter::weights {
namespace {

class Descriptor {
 public:
  // Without O_NONBLOCK a named pipe would hold the program until somebody writes into it.
  explicit Descriptor(const std::filesystem::path& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

Result<std::size_t> size_of_regular(const Descriptor& file, const std::string& name) {
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) return refuse(name, std::string("cannot be opened: ") + std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return refuse(name, "is not a regular file");
  return static_cast<std::size_t>(status.st_size);
}

}  // namespace

Result<FileBytes> map_file(const std::filesystem::path& path) {
  const std::string name = path.string();
  const Descriptor file(path);
  const auto size = size_of_regular(file, name);
  if (!size) return fail(size.error());
  if (*size == 0) return refuse(name, "is empty");
  void* start = ::mmap(nullptr, *size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (start == MAP_FAILED) return refuse(name, std::string("cannot be mapped: ") + std::strerror(errno));
  const std::shared_ptr<const void> owner(start, [size = *size](const void* mapped) { ::munmap(const_cast<void*>(mapped), size); });
  return FileBytes{.name = name, .bytes = {static_cast<const std::byte*>(start), *size}, .owner = owner};
}

Result<std::string> read_text(const std::filesystem::path& path, std::size_t max_bytes) {
  const std::string name = path.string();
  const Descriptor file(path);
  const auto size = size_of_regular(file, name);
  if (!size) return fail(size.error());
  if (*size > max_bytes) return refuse(name, "has " + std::to_string(*size) + " bytes; at most " + std::to_string(max_bytes) + " are read");
  std::string text(*size, '\0');
  std::size_t got = 0;
  while (got < text.size()) {
    const ssize_t part = ::read(file.get(), text.data() + got, text.size() - got);
    if (part < 0 && errno == EINTR) continue;
    if (part < 0) return refuse(name, std::string("cannot be read: ") + std::strerror(errno));
    if (part == 0) break;
    got += static_cast<std::size_t>(part);
  }
  text.resize(got);
  return text;
}

bool is_there(const std::filesystem::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

}  // namespace xrouter::weights
