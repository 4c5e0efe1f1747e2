// Scopes of work under way, so that all of it can be cut short.
#pragma once

#include <list>
#include <vector>

#include "xrouter/async/call_scope.hpp"

namespace xrouter {

/// Single-threaded. Outlives its entries.
class ScopeList {
 public:
  class Entry {
   public:
    Entry(ScopeList& list, CallScope& scope) : list_(list.scopes_), place_(list_.insert(list_.end(), &scope)) {}
    ~Entry() { list_.erase(place_); }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    std::list<CallScope*>& list_;
    std::list<CallScope*>::iterator place_;
  };

  void cancel_all() {
    const std::vector<CallScope*> now(scopes_.begin(), scopes_.end());  // ending one may remove it
    for (CallScope* scope : now) scope->cancel();
  }

 private:
  std::list<CallScope*> scopes_;
};

}  // namespace xrouter
