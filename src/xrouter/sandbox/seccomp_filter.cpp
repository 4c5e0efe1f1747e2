#include "xrouter/sandbox/seccomp_filter.hpp"

#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>

#include "xrouter/sandbox/file_descriptor.hpp"

namespace xrouter::sandbox {
namespace {

// A deny list, since interpreters use many calls and gain new ones; what is denied either reaches other
// processes, changes what the sandbox is made of, opens large parts of the kernel, or holds memory that no
// limit counts (System V IPC, memory files).
constexpr std::array kDenied = {
    // Other processes.
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "kcmp",
    "pidfd_getfd",
    "process_madvise",
    "migrate_pages",
    "move_pages",
    // Namespaces and mounts.
    "unshare",
    "setns",
    "mount",
    "umount2",
    "pivot_root",
    "chroot",
    "move_mount",
    "open_tree",
    "fsopen",
    "fsconfig",
    "fsmount",
    "fspick",
    "mount_setattr",
    "open_by_handle_at",
    "name_to_handle_at",
    // Network. socketpair stays: event loops need it and it reaches nothing.
    "socket",
    "connect",
    "bind",
    "listen",
    "accept",
    "accept4",
    // Large or privileged kernel interfaces.
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "keyctl",
    "add_key",
    "request_key",
    "fanotify_init",
    "kexec_load",
    "kexec_file_load",
    "init_module",
    "finit_module",
    "delete_module",
    "reboot",
    "swapon",
    "swapoff",
    "syslog",
    "acct",
    "quotactl",
    "iopl",
    "ioperm",
    "personality",
    "modify_ldt",
    "lookup_dcookie",
    "vhangup",
    "settimeofday",
    "clock_settime",
    "clock_adjtime",
    "adjtimex",
    "sethostname",
    "setdomainname",
    "mbind",
    "set_mempolicy",
    // Memory beyond the address space.
    "memfd_create",
    "memfd_secret",
    "shmget",
    "shmat",
    "shmctl",
    "msgget",
    "semget",
    "mq_open",
};

constexpr std::array<unsigned long, 8> kNamespaceFlags = {CLONE_NEWNS,  CLONE_NEWUTS, CLONE_NEWIPC,    CLONE_NEWUSER,
                                                          CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWCGROUP, 0x80 /* CLONE_NEWTIME */};

struct Release {
  void operator()(void* filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, Release>;

bool deny(void* filter, const char* name) {
  const int number = seccomp_syscall_resolve_name(name);
  if (number == __NR_SCMP_ERROR || number < 0) return true;  // not of this architecture
  return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0) == 0;
}

/// Where argument `index`, seen through `mask`, is `value`.
bool deny_where(void* filter, int number, unsigned index, std::uint64_t mask, std::uint64_t value) {
  const scmp_arg_cmp condition{index, SCMP_CMP_MASKED_EQ, mask, value};
  return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EPERM), number, 1, &condition) == 0;
}

bool deny_namespaces(void* filter) {
  for (const unsigned long flag : kNamespaceFlags) {
    if (!deny_where(filter, SCMP_SYS(clone), 0, flag, flag)) return false;
  }
  // clone3 passes its flags in memory, which a filter cannot see; the C library falls back to clone.
  return seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0;
}

bool deny_forks(void* filter) {
  return deny(filter, "fork") && deny(filter, "vfork") && deny_where(filter, SCMP_SYS(clone), 0, CLONE_THREAD, 0);
}

// Typing into the terminal that the judge may have been started from.
bool deny_terminal_input(void* filter) {
  constexpr std::uint64_t kLinuxTerminalCommands = 0x541C;  // TIOCLINUX
  constexpr std::uint64_t kRequestBits = 0xFFFFFFFF;        // the kernel reads no more
  return deny_where(filter, SCMP_SYS(ioctl), 1, kRequestBits, TIOCSTI) &&
         deny_where(filter, SCMP_SYS(ioctl), 1, kRequestBits, kLinuxTerminalCommands);
}

Result<std::string> exported(void* filter) {
  const FileDescriptor file(::memfd_create("seccomp", MFD_CLOEXEC));
  if (!file.is_open() || seccomp_export_bpf(filter, file.get()) != 0) {
    return fail(ErrorKind::config, "the seccomp filter cannot be compiled");
  }
  std::string text(static_cast<std::size_t>(::lseek(file.get(), 0, SEEK_END)), '\0');
  if (::pread(file.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    return fail(ErrorKind::config, "the seccomp filter cannot be read");
  }
  return text;
}

}  // namespace

Result<std::string> make_seccomp_filter(bool may_fork) {
  const Filter filter(seccomp_init(SCMP_ACT_ALLOW));
  // A tree instead of a list: every system call of the program passes through it.
  bool built = filter != nullptr && seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0;
  for (const char* name : kDenied) built = built && deny(filter.get(), name);
  built = built && deny_namespaces(filter.get()) && deny_terminal_input(filter.get());
  if (!may_fork) built = built && deny_forks(filter.get());
  if (!built) return fail(ErrorKind::config, "the seccomp filter cannot be built on this architecture");
  return exported(filter.get());
}

}  // namespace xrouter::sandbox
