// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where the time of a run goes.

#include "lib/Run/Profile.h"
#include "lib/Run/WriteFile.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include <algorithm>
#include <tuple>

using namespace accel::run;
using llvm::createStringError;
using llvm::StringRef;

llvm::Expected<std::vector<RunProfile>> accel::run::recordRuns(Context &context, int64_t runs) {
  if (context.run() != ACCEL_OK || accel_set_profiling(context.get(), 1) != ACCEL_OK)
    return context.error();
  std::vector<RunProfile> result;
  for (int64_t i = 0; i < runs; ++i) {
    accel_profile profile = {};
    profile.size = sizeof profile;
    if (context.run() != ACCEL_OK || accel_get_profile(context.get(), &profile) != ACCEL_OK)
      return context.error();
    result.push_back({{profile.events, profile.events + profile.count},
                      profile.start_ns,
                      profile.finish_ns,
                      profile.dropped});
  }
  if (accel_set_profiling(context.get(), 0) != ACCEL_OK)
    return context.error();
  return result;
}

static accel_site_info siteOf(const Model &model, int32_t index) {
  accel_site_info site = {};
  if (accel_get_site(model.get(), index, &site) != ACCEL_OK)
    site = {"?", "", 0, 0};
  return site;
}

/// "Conv_0 + Relu_1", or the kernel's name if the model names no node.
static std::string nodesOf(const accel_site_info &site) {
  std::string text = site.nodes && *site.nodes ? site.nodes : site.kernel;
  llvm::SmallVector<StringRef> names;
  StringRef(text).split(names, '\n');
  return llvm::join(names, " + ");
}

namespace {
struct Row {
  int32_t site = 0;
  int64_t calls = 0, ns = 0, threads = 0;
  double flops = 0, bytes = 0;
};
} // namespace

static std::vector<Row> collect(const Model &model, const std::vector<RunProfile> &runs) {
  std::vector<Row> rows(model.info().sites);
  for (const RunProfile &run : runs)
    for (const accel_event &event : run.events) {
      accel_site_info site = siteOf(model, event.site);
      Row &row = rows[event.site];
      row.site = event.site;
      ++row.calls;
      row.ns += event.finish_ns - event.start_ns;
      row.threads = std::max<int64_t>(row.threads, event.threads);
      row.flops += site.flops * static_cast<double>(event.items);
      row.bytes += site.bytes * static_cast<double>(event.items);
    }
  llvm::erase_if(rows, [](const Row &row) { return row.calls == 0; });
  llvm::sort(rows, [](const Row &a, const Row &b) {
    return std::tie(b.ns, a.site) < std::tie(a.ns, b.site);
  });
  return rows;
}

static std::string rate(double amount, int64_t ns) {
  std::string text = "-";
  if (amount > 0 && ns > 0) {
    text.clear();
    llvm::raw_string_ostream(text) << llvm::format("%.2f", amount / static_cast<double>(ns));
  }
  return text;
}

void accel::run::showProfile(const Model &model, const std::vector<RunProfile> &runs,
                             llvm::raw_ostream &os) {
  auto count = static_cast<double>(runs.size());
  int64_t total = 0, launched = 0, dropped = 0;
  for (const RunProfile &run : runs) {
    total += run.finishNs - run.startNs;
    dropped += run.dropped;
  }
  auto line = [&](int64_t ns, StringRef calls, StringRef threads, StringRef flops, StringRef bytes,
                  StringRef nodes) {
    os << llvm::format("%10.1f %6.1f%%", static_cast<double>(ns) / count * 1e-3,
                       100 * static_cast<double>(ns) /
                           static_cast<double>(std::max<int64_t>(total, 1)))
       << llvm::right_justify(calls, 7) << llvm::right_justify(threads, 5)
       << llvm::right_justify(flops, 10) << llvm::right_justify(bytes, 9) << "  " << nodes << '\n';
  };
  os << "   us a run   share  calls  thr   GFLOP/s     GB/s  nodes (kernel)\n";
  for (const Row &row : collect(model, runs)) {
    accel_site_info site = siteOf(model, row.site);
    launched += row.ns;
    std::string calls;
    llvm::raw_string_ostream(calls) << llvm::format("%g", static_cast<double>(row.calls) / count);
    line(row.ns, calls, std::to_string(row.threads), rate(row.flops, row.ns),
         rate(row.bytes, row.ns), nodesOf(site) + " (" + site.kernel + ")");
  }
  line(std::max<int64_t>(total - launched, 0), "", "", "", "", "between launches");
  line(total, "", "", "", "", "whole run, mean of " + std::to_string(runs.size()));
  if (dropped)
    os << dropped << " launches were not recorded: there was no room for them\n";
}

static void printTrace(llvm::raw_ostream &os, const Model &model,
                       const std::vector<RunProfile> &runs) {
  llvm::json::OStream json(os);
  int64_t base = runs.empty() ? 0 : runs.front().startNs;
  auto event = [&](StringRef name, StringRef category, int64_t start, int64_t finish,
                   llvm::function_ref<void()> arguments) {
    json.object([&] {
      json.attribute("ph", "X");
      json.attribute("pid", 1);
      json.attribute("tid", 1);
      json.attribute("name", llvm::json::fixUTF8(name));
      json.attribute("cat", category);
      json.attribute("ts", static_cast<double>(start - base) * 1e-3);
      json.attribute("dur", static_cast<double>(finish - start) * 1e-3);
      json.attributeObject("args", arguments);
    });
  };
  json.object([&] {
    json.attribute("displayTimeUnit", "ns");
    json.attributeArray("traceEvents", [&] {
      for (const RunProfile &run : runs) {
        event(model.info().name, "run", run.startNs, run.finishNs, [] {});
        for (const accel_event &launch : run.events) {
          accel_site_info site = siteOf(model, launch.site);
          int64_t ns = launch.finish_ns - launch.start_ns;
          auto items = static_cast<double>(launch.items);
          event(nodesOf(site), "kernel", launch.start_ns, launch.finish_ns, [&] {
            json.attribute("kernel", llvm::json::fixUTF8(site.kernel));
            json.attribute("threads", launch.threads);
            json.attribute("items", launch.items);
            if (site.flops > 0 && ns > 0)
              json.attribute("GFLOP/s", site.flops * items / static_cast<double>(ns));
            if (site.bytes > 0 && ns > 0)
              json.attribute("GB/s", site.bytes * items / static_cast<double>(ns));
          });
        }
      }
    });
  });
  os << '\n';
}

llvm::Error accel::run::writeTrace(StringRef path, const Model &model,
                                   const std::vector<RunProfile> &runs) {
  return writeFile(path, [&](llvm::raw_ostream &os) { printTrace(os, model, runs); });
}
