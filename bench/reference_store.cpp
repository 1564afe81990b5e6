#include "bench/reference_store.h"

#include <functional>

namespace rl::bench {

bool ReferenceStore::acquire(const std::string& name, std::uint32_t limit, Micros window) {
  Shard& shard = shards_[std::hash<std::string>{}(name) % shards_.size()];
  const std::lock_guard lock(shard.mutex);
  const std::int64_t now = clock_.now().time_since_epoch().count();
  Ring& ring = shard.rings[name];
  if (ring.stamps.size() < limit) {
    ring.stamps.resize(limit);
  }
  while (ring.size > 0 && ring.stamps[ring.head] + window.count() <= now) {
    ring.head = (ring.head + 1) % ring.stamps.size();
    --ring.size;
  }
  if (ring.size >= limit) {
    return false;
  }
  ring.stamps[(ring.head + ring.size) % ring.stamps.size()] = now;
  ++ring.size;
  return true;
}

}  // namespace rl::bench
