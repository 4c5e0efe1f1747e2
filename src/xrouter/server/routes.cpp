#include "xrouter/server/routes.hpp"

#include <array>

namespace xrouter::server {
namespace {

// clang-format off
constexpr std::array<Route, 6> kRoutes{{
    {{"POST", "/v1/chat/completions", "chat",    Access::keyed}, true,  chat_completions},
    {{"GET",  "/v1/models",           "models",  Access::keyed}, false, list_models},
    {{"GET",  "/v1/models/",          "model",   Access::keyed}, false, show_model},
    {{"GET",  "/health",              "health",  Access::open},  false, show_health},
    {{"GET",  "/ready",               "ready",   Access::open},  false, show_readiness},
    {{"GET",  "/metrics",             "metrics", Access::keyed}, false, show_metrics},
}};
// clang-format on

}  // namespace

std::span<const Route> routes() { return kRoutes; }

}  // namespace xrouter::server
