#include "xrouter/transformer/kernels/packed_linear.hpp"

#if defined(XROUTER_HAVE_DNNL)

#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <tuple>
#include <unordered_map>

namespace xrouter::transformer::kernels {

namespace {

using dnnl::matmul;
using dnnl::memory;

memory::data_type type_of(const Tensor& tensor) { return tensor.scalar_type() == at::kBFloat16 ? memory::data_type::bf16 : memory::data_type::f32; }

struct Packed final : PackedWeight {
  memory weight;
  Tensor kept; // what `weight` refers to, when it is not oneDNN's own
  std::int64_t in = 0, out = 0;
};

class DnnlLinears final : public PackedLinears {
 public:
  std::shared_ptr<const PackedWeight> pack(const Tensor& weight, bool in_place) const override {
    auto packed = std::make_shared<Packed>();
    packed->out = weight.size(0);
    packed->in = weight.size(1);
    const memory::desc plain({packed->in, packed->out}, type_of(weight), memory::format_tag::ba);
    memory source(plain, engine_, weight.data_ptr());
    if (in_place) {
      packed->weight = source;
      packed->kept = weight;
      return packed;
    }
    // The arrangement depends on the shape of the weight, not on the number of rows (that of 64 serves all).
    constexpr std::int64_t kRows = 64;
    const memory::desc any(plain.dims(), plain.data_type(), memory::format_tag::any);
    const auto wanted = describe(kRows, any, plain.data_type(), false);
    packed->weight = memory(wanted.weights_desc(), engine_);
    dnnl::reorder(source, packed->weight).execute(stream_, source, packed->weight);
    stream_.wait();
    return packed;
  }

  void multiply(const Tensor& x, const PackedWeight& weight, const Tensor& bias, Tensor& y) const override {
    const auto& packed = static_cast<const Packed&>(weight);
    const auto rows = x.size(0);
    const Product& product = product_for(rows, packed, type_of(y), bias.defined());
    memory source(product.about.src_desc(), engine_, x.data_ptr());
    memory target(product.about.dst_desc(), engine_, y.data_ptr());
    std::unordered_map<int, memory> arguments{{DNNL_ARG_SRC, source}, {DNNL_ARG_WEIGHTS, packed.weight}, {DNNL_ARG_DST, target}};
    if (bias.defined()) arguments.emplace(DNNL_ARG_BIAS, memory(product.about.bias_desc(), engine_, bias.data_ptr()));
    product.run.execute(stream_, arguments);
    stream_.wait();
  }

  std::int64_t columns(const PackedWeight& weight) const override { return static_cast<const Packed&>(weight).out; }

 private:
  struct Product {
    matmul::primitive_desc about;
    matmul run;
  };
  // Rows, columns, depth, in place, output type, bias.
  using Key = std::tuple<std::int64_t, std::int64_t, std::int64_t, bool, int, bool>;

  matmul::primitive_desc describe(std::int64_t rows, const memory::desc& weight, memory::data_type out, bool bias) const {
    const auto dims = weight.dims();
    const auto type = weight.data_type();
    const memory::desc x({rows, dims[0]}, type, memory::format_tag::ab);
    const memory::desc y({rows, dims[1]}, out, memory::format_tag::ab);
    if (!bias) return {matmul::desc(x, weight, y), engine_};
    const memory::desc b({1, dims[1]}, type, memory::format_tag::ab);
    return {matmul::desc(x, weight, b, y), engine_};
  }

  const Product& product_for(std::int64_t rows, const Packed& packed, memory::data_type out, bool bias) const {
    const Key key{rows, packed.out, packed.in, packed.kept.defined(), static_cast<int>(out), bias};
    const auto it = products_.find(key);
    if (it != products_.end()) return it->second;
    // Every number of rows has code of its own, made in about 0.3 ms.
    constexpr std::size_t kMaxProducts = 2048;
    if (products_.size() >= kMaxProducts) products_.clear();
    const auto about = describe(rows, packed.weight.get_desc(), out, bias);
    return products_.emplace(key, Product{about, matmul(about)}).first->second;
  }

  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  mutable dnnl::stream stream_{engine_};
  mutable std::map<Key, Product> products_;
};

}  // namespace

std::unique_ptr<PackedLinears> make_packed_linears() { return std::make_unique<DnnlLinears>(); }

}  // namespace xrouter::transformer::kernels

#else

namespace xrouter::transformer::kernels {

std::unique_ptr<PackedLinears> make_packed_linears() { return nullptr; }

}  // namespace xrouter::transformer::kernels

#endif
