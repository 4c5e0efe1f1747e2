// Debian's libtorch has Gloo inside but does not say so to those who include its headers; PyTorch's Python packages
// have NCCL inside and no headers of Gloo.
#if __has_include(<gloo/rendezvous/store.h>) && !defined(USE_C10D_GLOO)
#define USE_C10D_GLOO
#endif
#if __has_include(<nccl.h>) && __has_include(<cuda_runtime_api.h>) && !defined(USE_C10D_NCCL)
#define USE_C10D_NCCL
#endif

#include "xrouter/torch_learner/c10d_group.hpp"

#include <cstdlib>
#ifdef USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#endif
#ifdef USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

namespace xrouter::torch_learner {
namespace {

std::chrono::milliseconds timeout_of(const learner::CollectiveOptions& options) { return std::chrono::seconds(options.timeout_seconds); }

#ifdef USE_C10D_GLOO
/// The interface that the user names (GLOO_SOCKET_IFNAME, as for PyTorch), the loopback for a run on one machine, else
/// the one that this machine's name stands for.
std::shared_ptr<gloo::transport::Device> gloo_device(const std::string& address) {
  const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
  if (interface != nullptr && *interface != '\0') return c10d::ProcessGroupGloo::createDeviceForInterface(interface);
  const bool loopback = address == "localhost" || address.rfind("127.", 0) == 0;
  return loopback ? c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1") : c10d::ProcessGroupGloo::createDefaultDevice();
}

Result<c10::intrusive_ptr<C10dGroup>> join_gloo(const learner::CollectiveOptions& options, const c10::intrusive_ptr<c10d::Store>& store) {
  auto gloo = c10d::ProcessGroupGloo::Options::create(timeout_of(options));
  gloo->devices.push_back(gloo_device(options.address));
  gloo->threads = 1;  // calls come one after the other
  return c10::make_intrusive<c10d::ProcessGroupGloo>(store, options.rank, options.size, gloo);
}
#else
Result<c10::intrusive_ptr<C10dGroup>> join_gloo(const learner::CollectiveOptions&, const c10::intrusive_ptr<c10d::Store>&) {
  return fail(ErrorKind::config,
              "This build cannot train in several processes on CPUs: it was made without Gloo (Debian: apt install libgloo-dev, then build "
              "again).");
}
#endif

#ifdef USE_C10D_NCCL
Result<c10::intrusive_ptr<C10dGroup>> join_nccl(const learner::CollectiveOptions& options, const c10::intrusive_ptr<c10d::Store>& store) {
  auto nccl = c10d::ProcessGroupNCCL::Options::create();
  nccl->timeout = timeout_of(options);
  return c10::make_intrusive<c10d::ProcessGroupNCCL>(store, options.rank, options.size, nccl);
}
#else
Result<c10::intrusive_ptr<C10dGroup>> join_nccl(const learner::CollectiveOptions&, const c10::intrusive_ptr<c10d::Store>&) {
  return fail(ErrorKind::config, "This build cannot train on several GPUs: it was made without NCCL.");
}
#endif

}  // namespace

Result<c10::intrusive_ptr<C10dGroup>> join_group(const learner::CollectiveOptions& options, const c10::intrusive_ptr<c10d::Store>& store) {
  return options.device.rfind("cuda", 0) == 0 ? join_nccl(options, store) : join_gloo(options, store);
}

}  // namespace xrouter::torch_learner
