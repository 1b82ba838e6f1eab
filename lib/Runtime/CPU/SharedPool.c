// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which pool a process uses: that of the first loaded library with a note "Accel", type 1, of our
// pool version. Every library made by Accel carries such a note, so all of them choose the same.
//
// The owner is pinned before its pool is used, or dlclose would unmap code that workers run.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "lib/Runtime/CPU/Pool.h"
#include <dlfcn.h>
#include <link.h>
#include <string.h>

#define NOTE_NAME "Accel"
#define NOTE_TYPE 1

/// What the note leads to in another library.
typedef const accel_pool_table *(*pool_getter)(void);

ACCEL_RT_EXPORT const accel_pool_table *accel_pool_get(void);
const accel_pool_table *accel_pool_get(void) { return accel_own_pool(); }

// Two words: the version, and the getter's distance from the second word itself.
__asm__(".pushsection .note.accel, \"a\", %note\n"
        "  .balign 4\n"
        "  .long 6, 8, 1\n"
        "  .asciz \"Accel\"\n"
        "  .balign 4\n"
        "  .long 1\n" // ACCEL_POOL_ABI
        "  .long accel_pool_get - .\n"
        ".popsection\n");
_Static_assert(ACCEL_POOL_ABI == 1, "the note above says so too");
_Static_assert(sizeof NOTE_NAME == 6, "the note above says so too");

typedef struct search {
  pool_getter getter;
  char path[4096];
} search;

static pool_getter getter_in_notes(const char *notes, size_t bytes) {
  while (bytes >= sizeof(ElfW(Nhdr))) {
    const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)notes;
    size_t name_bytes = (note->n_namesz + 3) & ~(size_t)3;
    size_t data_bytes = (note->n_descsz + 3) & ~(size_t)3;
    size_t total = sizeof *note + name_bytes + data_bytes;
    if (total > bytes)
      return NULL;
    const char *name = notes + sizeof *note;
    const char *data = name + name_bytes;
    if (note->n_type == NOTE_TYPE && note->n_namesz == sizeof NOTE_NAME &&
        note->n_descsz >= 2 * sizeof(int32_t) && memcmp(name, NOTE_NAME, sizeof NOTE_NAME) == 0) {
      int32_t words[2];
      memcpy(words, data, sizeof words);
      if (words[0] == ACCEL_POOL_ABI)
        return (pool_getter)(uintptr_t)(data + sizeof(int32_t) + words[1]);
    }
    notes += total;
    bytes -= total;
  }
  return NULL;
}

static int visit(struct dl_phdr_info *library, size_t size, void *argument) {
  (void)size;
  search *found = (search *)argument;
  for (int i = 0; i < library->dlpi_phnum; ++i) {
    const ElfW(Phdr) *header = &library->dlpi_phdr[i];
    if (header->p_type != PT_NOTE)
      continue;
    found->getter =
        getter_in_notes((const char *)(library->dlpi_addr + header->p_vaddr), header->p_memsz);
    if (!found->getter)
      continue;
    const char *path = library->dlpi_name ? library->dlpi_name : "";
    size_t length = strlen(path);
    if (length >= sizeof found->path) // cannot be pinned
      return 0;
    memcpy(found->path, path, length + 1);
    return 1;
  }
  return 0;
}

/// Finds the owner and makes sure that it stays; NULL if it went while we looked.
static pool_getter pin_owner(void) {
  search first;
  if (!dl_iterate_phdr(visit, &first))
    return NULL;
  if (first.path[0] == '\0') // the program itself never goes
    return first.getter;
  if (!dlopen(first.path, RTLD_NOLOAD | RTLD_NODELETE | RTLD_LAZY))
    return NULL;
  search again;
  return dl_iterate_phdr(visit, &again) && again.getter == first.getter ? first.getter : NULL;
}

ACCEL_LOCAL const accel_pool_table *accel_shared_pool(void) {
  static _Atomic(const accel_pool_table *) known;
  const accel_pool_table *pool = atomic_load_explicit(&known, memory_order_acquire);
  if (pool)
    return pool;
  for (int attempt = 0; attempt < 8 && !pool; ++attempt) {
    pool_getter getter = pin_owner();
    if (getter)
      pool = getter();
  }
  if (!pool) { // a loader that cannot pin: a pool of our own, and we stay
    Dl_info self;
    if (dladdr((void *)(uintptr_t)accel_pool_get, &self) && self.dli_fname)
      dlopen(self.dli_fname, RTLD_NOLOAD | RTLD_NODELETE | RTLD_LAZY);
    pool = accel_own_pool();
  }
  const accel_pool_table *none = NULL;
  return atomic_compare_exchange_strong(&known, &none, pool) ? pool : none;
}
