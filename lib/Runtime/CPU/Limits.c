// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How many CPUs this process may use: its affinity mask, or the quota of a control group (of this
// one or of those above it), whichever is less. Containers set the quota and leave the mask.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "lib/Runtime/Common/Internal.h"
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 1024, MASK_WORDS = 128 };

/// Reads a small file as text; false if there is none.
static bool read_text(const char *path, char *text, size_t bytes) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return false;
  ssize_t count = read(file, text, bytes - 1);
  close(file);
  if (count < 0)
    return false;
  text[count] = '\0';
  return true;
}

/// The number that text begins with, after spaces; -1 if there is none. (strtol would be the symbol
/// __isoc23_strtol with newer headers, which no glibc 2.17 has.)
static int64_t parse_number(const char *text, const char **end) {
  while (*text == ' ')
    ++text;
  int64_t value = *text >= '0' && *text <= '9' ? 0 : -1;
  for (; *text >= '0' && *text <= '9' && value < INT64_MAX / 16; ++text)
    value = value * 10 + (*text - '0');
  *end = text;
  return value;
}

static int32_t cpus_of_quota(int64_t quota, int64_t period) {
  if (quota <= 0 || period <= 0)
    return INT32_MAX;
  int64_t cpus = (quota + period - 1) / period;
  return cpus < INT32_MAX ? (int32_t)cpus : INT32_MAX;
}

/// Version 2: cpu.max is "quota period" or "max period".
static int32_t quota_v2(const char *folder) {
  char path[PATH_BYTES], text[64];
  const char *end;
  accel_text name = accel_text_in(path, sizeof path);
  accel_print(&name, "%s/cpu.max", folder);
  if (!read_text(path, text, sizeof text) || text[0] == 'm')
    return INT32_MAX;
  int64_t quota = parse_number(text, &end);
  return cpus_of_quota(quota, parse_number(end, &end));
}

/// Version 1: two files; a quota of -1 is none.
static int32_t quota_v1(const char *folder) {
  char path[PATH_BYTES], quota[64], period[64];
  accel_text name = accel_text_in(path, sizeof path);
  accel_print(&name, "%s/cpu.cfs_quota_us", folder);
  if (!read_text(path, quota, sizeof quota))
    return INT32_MAX;
  name = accel_text_in(path, sizeof path);
  accel_print(&name, "%s/cpu.cfs_period_us", folder);
  if (!read_text(path, period, sizeof period))
    return INT32_MAX;
  const char *end;
  return cpus_of_quota(parse_number(quota, &end), parse_number(period, &end));
}

/// The least quota of a group and of those above it. In a container the group's path may be the
/// host's, of which only the root is mounted; the walk ends there.
static int32_t least_quota(const char *mount, const char *group, int32_t (*quota)(const char *)) {
  char folder[PATH_BYTES];
  accel_text name = accel_text_in(folder, sizeof folder);
  accel_print(&name, "%s%s", mount, group);
  size_t root = strlen(mount);
  int32_t least = INT32_MAX;
  for (;;) {
    int32_t cpus = quota(folder);
    least = cpus < least ? cpus : least;
    if (strlen(folder) <= root)
      return least;
    *strrchr(folder, '/') = '\0'; // group starts with a slash
  }
}

static bool lists_cpu(const char *controllers) {
  for (const char *name = controllers; name; name = strchr(name, ',')) {
    name += *name == ',';
    if (strncmp(name, "cpu", 3) == 0 && (name[3] == '\0' || name[3] == ','))
      return true;
  }
  return false;
}

/// Lines of /proc/self/cgroup: "number:controllers:/group"; version 2 has no controllers.
static int32_t control_group_cpus(void) {
  char text[8192];
  int32_t least = INT32_MAX;
  if (!read_text("/proc/self/cgroup", text, sizeof text))
    return least;
  char *rest = NULL;
  for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
    char *controllers = strchr(line, ':');
    char *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!group || group[1] != '/')
      continue;
    *group++ = '\0';
    ++controllers;
    int32_t cpus = INT32_MAX;
    if (*controllers == '\0')
      cpus = least_quota("/sys/fs/cgroup", group, quota_v2);
    else if (lists_cpu(controllers))
      cpus = least_quota("/sys/fs/cgroup/cpu", group, quota_v1);
    least = cpus < least ? cpus : least;
  }
  return least;
}

static int32_t affinity_cpus(void) {
  unsigned long mask[MASK_WORDS];
  memset(mask, 0, sizeof mask);
  if (sched_getaffinity(0, sizeof mask, (cpu_set_t *)mask) != 0)
    return 1;
  int32_t cpus = 0;
  for (int i = 0; i < MASK_WORDS; ++i)
    cpus += __builtin_popcountl(mask[i]);
  return cpus > 0 ? cpus : 1;
}

ACCEL_LOCAL int32_t accel_usable_cpus(void) {
  int32_t mask = affinity_cpus();
  int32_t quota = control_group_cpus();
  return mask < quota ? mask : quota;
}

ACCEL_LOCAL int32_t accel_threads_from_environment(void) {
  const char *text = getenv("ACCEL_NUM_THREADS");
  if (!text)
    return 0;
  const char *end;
  int64_t threads = parse_number(text, &end);
  return *end == '\0' && threads > 0 && threads < INT32_MAX ? (int32_t)threads : 0;
}
