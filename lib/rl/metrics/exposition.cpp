#include "rl/metrics/exposition.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <chrono>
#include <limits>

namespace rl {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

/// One more sample of that family, which is begun when it is not the last one.
ClientMetric& add(std::vector<MetricFamily>& families, const Exposition::Name& name,
                  MetricType type, const Exposition::Labels& labels) {
  if (families.empty() || families.back().name != name.name) {
    families.push_back({.name = name.name, .help = name.help, .type = type, .metric = {}});
  }
  ClientMetric& metric = families.back().metric.emplace_back();
  for (const auto& [label, value] : labels) {
    metric.label.push_back({.name = label, .value = value});
  }
  return metric;
}

double seconds(Micros duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

Exposition::Exposition() = default;
Exposition::~Exposition() = default;

void Exposition::counter(const Name& name, std::uint64_t value, const Labels& labels) {
  add(families_, name, MetricType::Counter, labels).counter.value = static_cast<double>(value);
}

void Exposition::gauge(const Name& name, double value, const Labels& labels) {
  add(families_, name, MetricType::Gauge, labels).gauge.value = value;
}

void Exposition::histogram(const Name& name, const Histogram::Totals& totals,
                           const Labels& labels) {
  auto& histogram = add(families_, name, MetricType::Histogram, labels).histogram;
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i < totals.counts.size(); ++i) {
    cumulative += totals.counts[i];
    const double bound = i < Histogram::kBounds.size() ? seconds(Histogram::kBounds[i])
                                                       : std::numeric_limits<double>::infinity();
    histogram.bucket.push_back({.cumulative_count = cumulative, .upper_bound = bound});
  }
  histogram.sample_count = cumulative;
  histogram.sample_sum = seconds(totals.sum);
}

std::string Exposition::text() const {
  return prometheus::TextSerializer().Serialize(families_);
}

}  // namespace rl
