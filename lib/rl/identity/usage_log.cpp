#include "rl/identity/usage_log.h"

#include <algorithm>
#include <map>
#include <utility>

namespace rl {

std::vector<UsageCount> by_user(const std::vector<UsageCount>& counts) {
  std::map<std::pair<std::uint64_t, std::int64_t>, UsageCount> sums;
  for (const UsageCount& count : counts) {
    UsageCount& sum = sums[{count.owner.user, count.minute}];
    sum.owner.user = count.owner.user;
    sum.minute = count.minute;
    sum.totals += count.totals;
    sum.last = std::max(sum.last, count.last);
  }
  std::vector<UsageCount> list;
  list.reserve(sums.size());
  for (auto& [place, sum] : sums) {
    list.push_back(sum);
  }
  return list;
}

}  // namespace rl
