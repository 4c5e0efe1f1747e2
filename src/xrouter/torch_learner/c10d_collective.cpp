#include "xrouter/torch_learner/c10d_collective.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "xrouter/torch_learner/c10d_group.hpp"

namespace xrouter::torch_learner {
namespace {

using learner::Collective;
using learner::CollectiveOptions;

constexpr std::int64_t kMaxGatheredBytes = std::int64_t{1} << 30;  // of one process

class C10dCollective final : public Collective {
 public:
  C10dCollective(CollectiveOptions options, c10::intrusive_ptr<c10d::Store> store, c10::intrusive_ptr<C10dGroup> group)
      : options_(std::move(options)), store_(std::move(store)), group_(std::move(group)) {
    const auto device =
        at::Device(options_.device.rfind("cuda", 0) == 0 ? at::kCUDA : at::kCPU, static_cast<c10::DeviceIndex>(options_.local_rank));
    device_ = device.is_cpu() ? at::Device(at::kCPU) : device;
  }

  int rank() const override { return options_.rank; }
  int size() const override { return options_.size; }
  Result<void> sum(std::span<float> values) override {
    return attempt("a sum", [&] { sum_in_place(at::from_blob(values.data(), {static_cast<std::int64_t>(values.size())}, at::kFloat)); });
  }
  Result<void> sum(std::span<double> values) override {
    return attempt("a sum", [&] { sum_in_place(at::from_blob(values.data(), {static_cast<std::int64_t>(values.size())}, at::kDouble)); });
  }

  Result<std::vector<std::string>> gather(const std::string& bytes) override {
    std::vector<std::string> made;
    const auto done = attempt("a gathering", [&] {
      const std::vector<at::Tensor> sizes = gathered(at::full({1}, static_cast<std::int64_t>(bytes.size()), at::kLong));
      std::int64_t longest = 1;
      for (const at::Tensor& size : sizes) longest = std::max(longest, size.item<std::int64_t>());
      // The same numbers everywhere: all processes give up here, or none.
      if (longest > kMaxGatheredBytes) throw std::length_error("a process gives more bytes than may be gathered");
      at::Tensor padded = at::zeros({longest}, at::kByte);
      std::memcpy(padded.data_ptr<std::uint8_t>(), bytes.data(), bytes.size());
      const std::vector<at::Tensor> all = gathered(padded);
      for (std::size_t i = 0; i < all.size(); ++i) {
        made.emplace_back(reinterpret_cast<const char*>(all[i].data_ptr<std::uint8_t>()),
                          static_cast<std::size_t>(sizes[i].item<std::int64_t>()));
      }
    });
    if (!done) return fail(done.error());
    return made;
  }

 private:
  void sum_in_place(const at::Tensor& values) {
    if (values.numel() == 0) return;
    std::vector<at::Tensor> tensors = {values.to(device_)};
    group_->allreduce(tensors)->wait();
    if (!device_.is_cpu()) values.copy_(tensors.front());
  }

  /// What every process gave, by rank, on the CPU.
  std::vector<at::Tensor> gathered(const at::Tensor& mine) {
    std::vector<at::Tensor> input = {mine.to(device_)};
    std::vector<std::vector<at::Tensor>> outputs(1);
    for (int i = 0; i < options_.size; ++i) outputs.front().push_back(at::empty_like(input.front()));
    group_->allgather(outputs, input)->wait();
    for (at::Tensor& output : outputs.front()) output = output.cpu();
    return outputs.front();
  }

  template <class Work>
  Result<void> attempt(const char* what, const Work& work) {
    if (broken_) return fail(*broken_);
    try {
      work();
      return {};
    } catch (const std::exception& problem) {
      broken_ = Error{.kind = ErrorKind::io,
                      .public_text = fmt::format(
                          "Another process of this run failed, left, or did not answer within {} s (process {} of {} waited in {}).",
                          options_.timeout_seconds, options_.rank, options_.size, what),
                      .internal_text = problem.what()};
      return fail(*broken_);
    }
  }

  CollectiveOptions options_;
  c10::intrusive_ptr<c10d::Store> store_;  // outlives the group
  c10::intrusive_ptr<C10dGroup> group_;
  at::Device device_{at::kCPU};
  std::optional<Error> broken_;
};

/// Comes back when all processes have connected to process 0.
c10::intrusive_ptr<c10d::Store> meet(const CollectiveOptions& options) {
  c10d::TCPStoreOptions tcp;
  tcp.port = static_cast<std::uint16_t>(options.port);
  tcp.isServer = options.rank == 0;
  tcp.numWorkers = static_cast<std::size_t>(options.size);
  tcp.timeout = std::chrono::seconds(options.timeout_seconds);
  auto store = c10::make_intrusive<c10d::TCPStore>(options.address, tcp);
  store->setTimeout(tcp.timeout);
  return store;
}

Error nobody_there(const CollectiveOptions& options, const char* why) {
  return {
      .kind = ErrorKind::io,
      .public_text = fmt::format(
          "The {} processes of this run did not meet at {}:{} within {} s (this is process {}): one did not start, or the port is taken.",
          options.size, options.address, options.port, options.timeout_seconds, options.rank),
      .internal_text = why};
}

}  // namespace

Result<std::unique_ptr<Collective>> make_collective(const CollectiveOptions& options) {
  if (options.size < 1 || options.rank < 0 || options.rank >= options.size || options.timeout_seconds < 1) {
    return fail(ErrorKind::config,
                fmt::format("Process {} of {} cannot be, or has no time to wait for the others.", options.rank, options.size));
  }
  if (options.size == 1) return std::make_unique<learner::Alone>();
  try {
    const auto store = meet(options);
    const auto group = join_group(options, store);
    if (!group) return fail(group.error());
    return std::make_unique<C10dCollective>(options, store, *group);
  } catch (const std::exception& problem) {
    return fail(nobody_there(options, problem.what()));
  }
}

}  // namespace xrouter::torch_learner
