// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Assembles small ELF files from their sections.

#include "lib/Driver/Link/ElfImage.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Support/MathExtras.h"
#include <cstring>

using namespace llvm;
using namespace llvm::ELF;

namespace accel::link {

uint32_t StringTable::add(StringRef name) {
  uint32_t at = text.size();
  text.append(name.data(), name.size());
  text.push_back('\0');
  return at;
}

Image writeElf(const TargetInfo &target, uint16_t type, ArrayRef<ElfSection> sections) {
  StringTable names;
  Image image(sizeof(Elf::Ehdr), 0);
  std::vector<Elf::Shdr> headers(1);
  std::memset(&headers[0], 0, sizeof headers[0]);
  auto place = [&](const ElfSection &section, StringRef bytes) {
    Elf::Shdr header;
    header.sh_name = names.add(section.name);
    header.sh_type = section.type;
    header.sh_flags = section.flags;
    header.sh_addr = 0;
    header.sh_link = section.link;
    header.sh_info = section.info;
    header.sh_addralign = section.align;
    header.sh_entsize = section.entrySize;
    // The file's sections need not be aligned as in memory: 16 bytes suit every record in them.
    image.resize(alignTo(image.size(), 16), 0);
    header.sh_offset = image.size();
    header.sh_size = section.type == SHT_NOBITS ? section.nobits : bytes.size();
    image.append(bytes.begin(), bytes.end());
    headers.push_back(header);
  };
  for (const ElfSection &section : sections)
    place(section, section.bytes);
  ElfSection last;
  last.name = ".shstrtab";
  last.type = SHT_STRTAB;
  StringTable all = names;
  all.add(last.name);
  place(last, all.bytes());
  image.resize(alignTo(image.size(), 16), 0);

  Elf::Ehdr head;
  std::memset(&head, 0, sizeof head);
  std::memcpy(head.e_ident, ElfMagic, 4);
  head.e_ident[EI_CLASS] = ELFCLASS64;
  head.e_ident[EI_DATA] = ELFDATA2LSB;
  head.e_ident[EI_VERSION] = EV_CURRENT;
  head.e_type = type;
  head.e_machine = target.machine;
  head.e_version = EV_CURRENT;
  head.e_flags = target.elfFlags;
  head.e_ehsize = sizeof(Elf::Ehdr);
  head.e_shentsize = sizeof(Elf::Shdr);
  head.e_shoff = image.size();
  head.e_shnum = headers.size();
  head.e_shstrndx = headers.size() - 1;
  std::memcpy(image.data(), &head, sizeof head);
  StringRef table = rawBytes(ArrayRef(headers));
  image.append(table.begin(), table.end());
  return image;
}

} // namespace accel::link
