#include "xrouter/learner/launch.hpp"

#include <charconv>
#include <string_view>

namespace xrouter::learner {
namespace {

constexpr int kMostProcesses = 4096;
constexpr int kHighestPort = 65535;

struct Names {
  const char* rank;
  const char* size;
  const char* local_rank;
};
constexpr Names kTorchrun{"RANK", "WORLD_SIZE", "LOCAL_RANK"};
constexpr Names kOpenMpi{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK"};

/// Reads variables; the first problem sticks.
class Variables {
 public:
  explicit Variables(const Environment& environment) : environment_(environment) {}

  bool has(const char* name) const { return environment_(name) != nullptr; }
  int number(const char* name, int least, int most) {
    const char* value = environment_(name);
    if (value == nullptr) return refuse(std::string(name) + " is not set, but the other variables of its launcher are"), least;
    const std::string_view text = value;
    int number = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = end.ec == std::errc() && end.ptr == text.data() + text.size();
    if (!whole || number < least || number > most) {
      refuse(std::string(name) + " must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
      return least;
    }
    return number;
  }
  int number_or(const char* name, int otherwise, int least, int most) { return has(name) ? number(name, least, most) : otherwise; }
  std::string text_or(const char* name, std::string otherwise) const { return has(name) ? environment_(name) : std::move(otherwise); }
  void refuse(std::string why) {
    if (problem_.empty()) problem_ = std::move(why);
  }
  const std::string& problem() const { return problem_; }

 private:
  const Environment& environment_;
  std::string problem_;
};

}  // namespace

Result<std::optional<CollectiveOptions>> launched_as(const Environment& environment) {
  Variables in(environment);
  const bool torchrun = in.has(kTorchrun.rank) || in.has(kTorchrun.size);
  const bool open_mpi = !torchrun && (in.has(kOpenMpi.rank) || in.has(kOpenMpi.size));
  if (!torchrun && !open_mpi) return std::nullopt;

  const Names& names = torchrun ? kTorchrun : kOpenMpi;
  CollectiveOptions made;
  made.size = in.number(names.size, 1, kMostProcesses);
  made.rank = in.number(names.rank, 0, made.size - 1);
  made.local_rank = in.number_or(names.local_rank, made.rank, 0, made.size - 1);
  const bool one_machine = torchrun || in.number_or("OMPI_COMM_WORLD_LOCAL_SIZE", 0, 0, kMostProcesses) == made.size;
  if (!one_machine && !in.has("MASTER_ADDR")) {
    in.refuse("MASTER_ADDR is not set: processes on several machines need the address of the first (mpirun -x MASTER_ADDR=...)");
  }
  made.address = in.text_or("MASTER_ADDR", made.address);
  made.port = in.number_or("MASTER_PORT", made.port, 1, kHighestPort);
  // torchrun may keep a store of its own at MASTER_PORT, whose protocol changes with its version: ours goes beside it.
  const bool taken = torchrun && in.text_or("TORCHELASTIC_USE_AGENT_STORE", "") == "True";
  if (taken) made.port += made.port < kHighestPort ? 1 : -1;
  if (made.address.empty()) in.refuse("MASTER_ADDR is empty");
  if (!in.problem().empty()) return fail(ErrorKind::config, in.problem());
  return made;
}

}  // namespace xrouter::learner
