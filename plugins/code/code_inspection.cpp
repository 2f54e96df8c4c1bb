#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <gelf.h>
#include <memory>
#include <optional>
#include <unistd.h>

#include <sys/stat.h>

#include <streamspace/plugins/code/code_inspection.hpp>
#include <streamspace/plugins/files/descriptor.hpp>

namespace streamspace {

namespace {

#if defined(__x86_64__)
constexpr int our_machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr int our_machine = EM_AARCH64;
#elif defined(__riscv)
constexpr int our_machine = EM_RISCV;
#else
#error "name this machine's ELF number here"
#endif
constexpr int our_class = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
constexpr int our_order = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;

std::string name_of_machine(int machine) {
  switch (machine) {
    case EM_386:
      return "i386";
    case EM_X86_64:
      return "x86-64";
    case EM_ARM:
      return "ARM (32 bit)";
    case EM_AARCH64:
      return "AArch64";
    case EM_RISCV:
      return "RISC-V";
    default:
      return "ELF machine " + std::to_string(machine);
  }
}

tl::unexpected<error> refuse(std::string why) {
  return failure(ec::plugin_incompatible, std::move(why));
}

std::uint64_t size_of(const descriptor& file) noexcept {
  struct stat about {};
  return ::fstat(file.get(), &about) == 0 ? static_cast<std::uint64_t>(about.st_size) : 0;
}

/// Whether all of what the loader and we read lies within the file.
bool is_whole(Elf* elf, const GElf_Ehdr& header, std::uint64_t size) {
  const auto lies_within = [size](std::uint64_t at, std::uint64_t length) { return at <= size && length <= size - at; };
  std::size_t segments = 0;
  std::size_t sections = 0;
  if (elf_getphdrnum(elf, &segments) != 0 || elf_getshdrnum(elf, &sections) != 0) return false;
  if (!lies_within(header.e_phoff, segments * header.e_phentsize)) return false;
  // Where the table lies beyond the end, the library counts no sections.
  if (!lies_within(header.e_shoff, std::max<std::uint64_t>(sections, header.e_shnum) * header.e_shentsize))
    return false;
  for (std::size_t i = 0; i < segments; ++i) {
    GElf_Phdr segment;
    if (!gelf_getphdr(elf, static_cast<int>(i), &segment)) return false;
    if (!lies_within(segment.p_offset, segment.p_filesz)) return false;
  }
  return true;
}

bool defines_new_plugin(Elf* elf, Elf_Scn* section, const GElf_Shdr& header) {
  auto* data = elf_getdata(section, nullptr);
  if (!data || header.sh_entsize == 0) return false;
  const auto count = static_cast<int>(header.sh_size / header.sh_entsize);
  for (int i = 0; i < count; ++i) {
    GElf_Sym symbol;
    if (!gelf_getsym(data, i, &symbol) || symbol.st_shndx == SHN_UNDEF) continue;
    const auto* name = elf_strptr(elf, header.sh_link, symbol.st_name);
    if (name && std::strcmp(name, "NewPlugin") == 0) return true;
  }
  return false;
}

std::optional<plugin_abi> record_in(Elf_Scn* section) {
  const auto* data = elf_getdata(section, nullptr);
  plugin_abi abi;
  if (!data || !data->d_buf || data->d_size < sizeof abi) return std::nullopt;
  std::memcpy(&abi, data->d_buf, sizeof abi);
  if (abi.magic != detail::fixed_text<16>(plugin_abi::magic_text)) return std::nullopt;
  abi.compiler.back() = '\0';
  return abi;
}

struct findings {
  bool has_function = false;
  bool has_section = false;
  std::optional<plugin_abi> abi;
};

std::optional<findings> look_through_sections(Elf* elf) {
  findings found;
  std::size_t names = 0;
  if (elf_getshdrstrndx(elf, &names) != 0) return std::nullopt;
  for (auto* section = elf_nextscn(elf, nullptr); section; section = elf_nextscn(elf, section)) {
    GElf_Shdr header;
    if (!gelf_getshdr(section, &header)) return std::nullopt;
    if (header.sh_type == SHT_DYNSYM) found.has_function = defines_new_plugin(elf, section, header);
    const auto* name = elf_strptr(elf, names, header.sh_name);
    if (!name || std::strcmp(name, plugin_abi::section) != 0) continue;
    found.has_section = true;
    found.abi = record_in(section);
  }
  return found;
}

}  // namespace

result<plugin_abi> inspect_code(const std::filesystem::path& file) {
  const descriptor opened{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!opened) return failure(ec::io_error, "it cannot be read: " + std::string{std::strerror(errno)});
  elf_version(EV_CURRENT);
  const std::unique_ptr<Elf, int (*)(Elf*)> elf{elf_begin(opened.get(), ELF_C_READ_MMAP, nullptr), elf_end};
  GElf_Ehdr header;
  std::array<char, SELFMAG> magic{};
  if (::pread(opened.get(), magic.data(), magic.size(), 0) != SELFMAG ||
      std::memcmp(magic.data(), ELFMAG, SELFMAG) != 0)
    return refuse("it is no ELF file");
  if (!elf || elf_kind(elf.get()) != ELF_K_ELF || !gelf_getehdr(elf.get(), &header))
    return refuse("it is no whole ELF file; it may have been cut off when it was copied");
  if (header.e_machine != our_machine || header.e_ident[EI_CLASS] != our_class || header.e_ident[EI_DATA] != our_order)
    return refuse("it is built for " + name_of_machine(header.e_machine) + ", and this machine is " +
                  name_of_machine(our_machine));
  if (header.e_type != ET_DYN) return refuse("it is no shared object; link it with -shared");
  if (!is_whole(elf.get(), header, size_of(opened)))
    return refuse("it is no whole ELF file; it may have been cut off when it was copied");
  const auto found = look_through_sections(elf.get());
  if (!found) return refuse("its ELF sections cannot be read");
  if (!found->has_function)
    return refuse("it has no function NewPlugin; write STREAMSPACE_PLUGIN(your_class); in one of its source files");
  if (!found->has_section)
    return refuse("it has no record of what it was built with; use STREAMSPACE_PLUGIN, which writes one");
  if (!found->abi) return refuse("the record of what it was built with cannot be read; rebuild it");
  return *found->abi;
}

std::string why_incompatible(const plugin_abi& code, const plugin_abi& host) {
  const auto differ = [](const char* what, std::uint32_t its, std::uint32_t ours) {
    return std::string{"built with "} + what + " " + std::to_string(its) + ", this server has " + std::to_string(ours) +
           "; rebuild it with this server's SDK";
  };
  if (code.sdk != host.sdk)
    return "built for SDK " + std::to_string(code.sdk) + ", this server has SDK " + std::to_string(host.sdk) +
           "; rebuild it with the SDK of this server";
  if (code.cxx_abi != host.cxx_abi) return differ("the C++ ABI", code.cxx_abi, host.cxx_abi);
  if (code.standard != host.standard)
    return "built with another form of the standard library (" + std::string{code.compiler.data()} +
           "); build it with the same -D_GLIBCXX_USE_CXX11_ABI and without -D_GLIBCXX_DEBUG";
  if (code.json != host.json) return differ("nlohmann/json", code.json, host.json);
  if (code.layout != host.layout)
    return "built with headers that differ from this server's; rebuild it with this server's SDK";
  return {};
}

}  // namespace streamspace
