//! The program, written out byte by byte: an ELF file of one segment, whose code calls the kernel to wait and does so
//! again when it is woken. As the first process of its container it is deaf to all signals that it does not handle, so
//! it ends only when it is killed; it has nothing to save.
//!
//! ```text
//! 0    ELF header, 64 bytes
//! 64   one program header, 56 bytes: the whole file, readable and executable
//! 120  code
//! ```

/// Where the file is mapped.
const BASE: u64 = 0x40_0000;
const HEADERS: u64 = 64 + 56;

struct Machine {
    /// The number of the architecture in ELF.
    elf: u16,
    code: &'static [u8],
}

/// `pause()` in a loop.
const AMD64: Machine = Machine {
    elf: 62,
    code: &[
        0xb8, 0x22, 0x00, 0x00, 0x00, // mov eax, 34 (pause)
        0x0f, 0x05, // syscall
        0xeb, 0xf7, // jmp to the start
    ],
};

/// `ppoll(NULL, 0, NULL, NULL, 0)` in a loop: this architecture has no `pause`.
const ARM64: Machine = Machine {
    elf: 183,
    code: &[
        0x28, 0x09, 0x80, 0xd2, // mov x8, 73 (ppoll)
        0x00, 0x00, 0x80, 0xd2, // mov x0, 0
        0x01, 0x00, 0x80, 0xd2, // mov x1, 0
        0x02, 0x00, 0x80, 0xd2, // mov x2, 0
        0x03, 0x00, 0x80, 0xd2, // mov x3, 0
        0x04, 0x00, 0x80, 0xd2, // mov x4, 0
        0x01, 0x00, 0x00, 0xd4, // svc 0
        0xf9, 0xff, 0xff, 0x17, // b to the start
    ],
};

/// The program for an architecture, in the words of images.
pub(super) fn for_architecture(architecture: &str) -> Option<Vec<u8>> {
    match architecture {
        "amd64" => Some(elf(&AMD64)),
        "arm64" => Some(elf(&ARM64)),
        _ => None,
    }
}

fn elf(machine: &Machine) -> Vec<u8> {
    let size = HEADERS + machine.code.len() as u64;
    let mut file = Vec::new();
    file.extend([0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]); // 64 bits, little end first, version 1
    file.extend(2_u16.to_le_bytes()); // an executable
    file.extend(machine.elf.to_le_bytes());
    file.extend(1_u32.to_le_bytes()); // version
    file.extend((BASE + HEADERS).to_le_bytes()); // entry
    file.extend(64_u64.to_le_bytes()); // program headers follow
    file.extend(0_u64.to_le_bytes()); // no sections
    file.extend(0_u32.to_le_bytes()); // flags
    file.extend(64_u16.to_le_bytes()); // size of this header
    file.extend(56_u16.to_le_bytes()); // size of a program header
    file.extend(1_u16.to_le_bytes()); // number of program headers
    file.extend([0; 6]); // no sections
    file.extend(1_u32.to_le_bytes()); // to be loaded
    file.extend(5_u32.to_le_bytes()); // readable, executable
    file.extend(0_u64.to_le_bytes()); // from the file's start
    file.extend(BASE.to_le_bytes()); // to here
    file.extend(BASE.to_le_bytes());
    file.extend(size.to_le_bytes()); // in the file
    file.extend(size.to_le_bytes()); // in memory
    file.extend(0x1000_u64.to_le_bytes()); // alignment
    file.extend(machine.code);
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_where_the_header_says() {
        for architecture in ["amd64", "arm64"] {
            let file = for_architecture(architecture).unwrap();
            let entry = u64::from_le_bytes(file[24..32].try_into().unwrap());
            let offset = usize::try_from(entry - BASE).unwrap();
            assert!(offset == 120 && file.len() > offset, "{architecture}");
        }
        assert!(for_architecture("s390x").is_none());
    }

    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    #[test]
    fn the_program_runs_until_it_is_killed() {
        use std::os::unix::fs::PermissionsExt;
        use std::os::unix::process::ExitStatusExt;

        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pause");
        std::fs::write(&path, for_architecture("amd64").unwrap()).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut child = std::process::Command::new(&path).spawn().unwrap();
        assert!(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(9));
    }
}
