#pragma once

#include <atomic>

namespace streamspace {

/// Work that one turn hands out to others and waits for: a synchronous emit, or a call of a service. A turn that
/// handles such work and hands out some itself makes the next link of a chain, along which a plugin is found that would
/// wait for itself. Thread-safe.
class awaited_call {
 public:
  awaited_call(const awaited_call&) = delete;
  awaited_call& operator=(const awaited_call&) = delete;

  /// Whether anyone blocks until it is answered.
  bool is_awaited() const noexcept { return awaited_; }
  /// Whether there may be a plugin that waits for it.
  bool is_of_a_plugin() const noexcept { return issuer_ || parent_; }
  /// Whether `plugin` waits now, directly or through others, for the work that this call hands out.
  bool is_awaited_by(const void* plugin) const noexcept {
    for (const auto* call = this; call && call->awaited_; call = call->parent_)
      if (call->issuer_ == plugin) return true;
    return false;
  }

 protected:
  /// `issuer` is the plugin in whose turn the call was made (null outside of one, and when nobody will block for it),
  /// `parent` the call that this turn was handling; kept.
  awaited_call(const void* issuer, awaited_call* parent) noexcept : issuer_{issuer}, parent_{parent} {
    if (parent_) parent_->keep_alive();
  }
  virtual ~awaited_call() {
    if (parent_) parent_->let_go();
  }

  void awaited_no_more() noexcept { awaited_ = false; }

 private:
  virtual void keep_alive() noexcept = 0;
  /// Undoes one keep_alive().
  virtual void let_go() noexcept = 0;

  const void* issuer_;
  awaited_call* parent_;
  std::atomic<bool> awaited_{true};  ///< Until the waiter has its answer.
};

}  // namespace streamspace
