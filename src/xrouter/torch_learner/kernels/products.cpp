#include "xrouter/torch_learner/kernels/products.hpp"

#if defined(XROUTER_HAVE_DNNL)

#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <tuple>

namespace xrouter::torch_learner::kernels {

namespace {

using dnnl::matmul;
using dnnl::memory;

memory::desc describe(const Tensor& x) {
  const auto type = x.scalar_type() == at::kBFloat16 ? memory::data_type::bf16 : memory::data_type::f32;
  // A dimension of one has a stride that nobody uses; a plain one keeps oneDNN on its fast path.
  const auto row_stride = x.size(0) == 1 ? x.size(1) * x.stride(1) : x.stride(0);
  const auto column_stride = x.size(1) == 1 ? (x.size(0) == 1 || x.stride(0) != 1 ? 1 : x.size(0)) : x.stride(1);
  return {{x.size(0), x.size(1)}, type, memory::dims{row_stride, column_stride}};
}

class DnnlProducts final : public Products {
 public:
  void multiply(const Tensor& a, const Tensor& b, const Tensor& c, bool add, double scale) const override {
    const Product& product = product_for(a, b, c, add, static_cast<float>(scale));
    memory left(product.about.src_desc(), engine_, a.data_ptr()), right(product.about.weights_desc(), engine_, b.data_ptr());
    memory target(product.about.dst_desc(), engine_, c.data_ptr());
    product.run.execute(stream_, {{DNNL_ARG_SRC, left}, {DNNL_ARG_WEIGHTS, right}, {DNNL_ARG_DST, target}});
    stream_.wait();
  }

 private:
  struct Product {
    matmul::primitive_desc about;
    matmul run;
  };
  // m, n, k, strides of a, b and c, types, add, scale.
  using Key = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                         std::int64_t, int, bool, float>;

  const Product& product_for(const Tensor& a, const Tensor& b, const Tensor& c, bool add, float scale) const {
    const int types = (a.scalar_type() == at::kBFloat16 ? 1 : 0) + (c.scalar_type() == at::kBFloat16 ? 2 : 0);
    const Key key{c.size(0),   c.size(1),   a.size(1),   a.stride(0), a.stride(1), b.stride(0),
                  b.stride(1), c.stride(0), c.stride(1), types,       add,         scale};
    const auto it = products_.find(key);
    if (it != products_.end()) return it->second;
    // Every shape has code of its own, made in about 0.3 ms.
    constexpr std::size_t kMaxProducts = 4096;
    if (products_.size() >= kMaxProducts) products_.clear();
    dnnl::primitive_attr how;
    if (scale != 1) how.set_output_scales(0, {scale});
    if (add) {
      dnnl::post_ops behind;
      behind.append_sum(1);
      how.set_post_ops(behind);
    }
    const matmul::primitive_desc about(matmul::desc(describe(a), describe(b), describe(c)), how, engine_);
    return products_.emplace(key, Product{about, matmul(about)}).first->second;
  }

  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  mutable dnnl::stream stream_{engine_};
  mutable std::map<Key, Product> products_;
};

}  // namespace

std::unique_ptr<Products> make_products() { return std::make_unique<DnnlProducts>(); }

}  // namespace xrouter::torch_learner::kernels

#else

namespace xrouter::torch_learner::kernels {

std::unique_ptr<Products> make_products() { return nullptr; }

}  // namespace xrouter::torch_learner::kernels

#endif
