//! Archives: unpacking what somebody sent, packing what a job left.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Bytes that an unpacked archive may have, against archives made to fill the disk.
pub(crate) const LARGEST_BYTES: u64 = 20 * 1024 * 1024 * 1024;
/// Entries that it may have.
const MOST_ENTRIES: usize = 100_000;

/// Unpacks a `.tar.gz` (or a plain tar): files and folders inside the target only, and not without end.
pub(crate) fn unpack(archive: &Path, target: &Path, most_bytes: u64) -> io::Result<()> {
    let mut file = File::open(archive)?;
    let mut start = [0; 2];
    let count = file.read(&mut start)?;
    let file = File::open(archive)?;
    let reader: Box<dyn Read> = if count == 2 && start == [0x1f, 0x8b] {
        Box::new(flate2::read::MultiGzDecoder::new(file))
    } else {
        Box::new(file)
    };
    let mut archive = tar::Archive::new(reader.take(most_bytes));
    let mut bytes_left = most_bytes;
    for (number, entry) in archive.entries()?.enumerate() {
        let mut entry = entry?;
        let kind = entry.header().entry_type();
        if kind.is_pax_global_extensions() {
            continue;
        }
        let refuse = |entry: &tar::Entry<_>, why: &str| {
            let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            Err(io::Error::other(format!("{path} {why}")))
        };
        if !(kind.is_file() || kind.is_dir()) {
            return refuse(&entry, "is neither a file nor a folder");
        }
        // What an entry claims is checked before anything is written for it.
        bytes_left = match bytes_left.checked_sub(entry.size()) {
            Some(left) if number < MOST_ENTRIES => left,
            _ => return refuse(&entry, "makes the archive too large"),
        };
        if !entry.unpack_in(target)? {
            return refuse(&entry, "lies outside the archive");
        }
    }
    Ok(())
}

/// Packs the content of folders into one archive, with names relative to them and in order; of a name that several
/// folders have, the last counts. Links are packed as links; pipes, sockets and devices are not packed.
pub(crate) fn pack(folders: &[PathBuf], archive: &Path) -> io::Result<()> {
    let encoder =
        flate2::write::GzEncoder::new(File::create(archive)?, flate2::Compression::fast());
    let mut builder = tar::Builder::new(encoder);
    builder.follow_symlinks(false);
    for (name, path) in content(folders)? {
        builder.append_path_with_name(path, &name)?;
    }
    builder.into_inner()?.finish()?.sync_all()
}

/// Bytes of the files in folders; what a file says it holds, so that one with holes is as large as it will be packed.
pub(crate) fn size(folders: &[PathBuf]) -> io::Result<u64> {
    let mut bytes = 0_u64;
    for path in content(folders)?.values() {
        let metadata = path.symlink_metadata()?;
        bytes = bytes.saturating_add(if metadata.is_file() { metadata.len() } else { 0 });
    }
    Ok(bytes)
}

/// A folder below a job's tree, unless the job has put a link in its way: nobody is led out of the tree.
pub(crate) fn own_folder(tree: &Path, below: &Path) -> Option<PathBuf> {
    let mut path = tree.to_owned();
    for part in below.components() {
        path.push(part);
        if !path.symlink_metadata().ok()?.is_dir() {
            return None;
        }
    }
    Some(path)
}

/// What folders hold, by relative name; of a name that several have, the last counts.
pub(crate) fn content(
    folders: &[PathBuf],
) -> io::Result<std::collections::BTreeMap<PathBuf, PathBuf>> {
    let mut found = std::collections::BTreeMap::new();
    for root in folders {
        let mut open = if root.is_dir() { vec![PathBuf::new()] } else { Vec::new() };
        while let Some(folder) = open.pop() {
            for entry in root.join(&folder).read_dir()? {
                let entry = entry?;
                let name = folder.join(entry.file_name());
                let kind = entry.file_type()?;
                if kind.is_dir() {
                    open.push(name.clone());
                }
                if kind.is_dir() || kind.is_file() || kind.is_symlink() {
                    found.insert(name, entry.path());
                }
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(builder: &mut tar::Builder<Vec<u8>>, name: &[u8], size: u64, kind: tar::EntryType) {
        let mut header = tar::Header::new_gnu();
        header.set_size(size);
        header.set_mode(0o644);
        header.set_entry_type(kind);
        header.as_old_mut().name[..name.len()].copy_from_slice(name);
        if kind.is_symlink() {
            header.as_old_mut().linkname[..5].copy_from_slice(b"/etc/");
        }
        header.set_cksum();
        builder.append(&header, &vec![0; size as usize][..]).unwrap();
    }

    #[test]
    fn nobody_is_led_out_of_the_tree() {
        let root = std::env::temp_dir().join(format!("refit-own-{}", std::process::id()));
        std::fs::create_dir_all(root.join("outside/data")).unwrap();
        std::fs::create_dir_all(root.join("ml/output/data")).unwrap();
        std::fs::write(root.join("ml/output/data/x"), "12345").unwrap();
        std::os::unix::fs::symlink(root.join("outside"), root.join("ml/model")).unwrap();
        let own = |below: &str| own_folder(&root.join("ml"), Path::new(below));
        assert_eq!(own("output/data"), Some(root.join("ml/output/data")));
        assert_eq!(own("output/data").map(|it| size(&[it]).unwrap()), Some(5));
        for below in ["model", "model/data", "nothing", "output/data/x"] {
            assert_eq!(own(below), None, "{below}");
        }
        std::fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn hostile_archives_are_refused() {
        let root = std::env::temp_dir().join(format!("refit-archive-{}", std::process::id()));
        std::fs::create_dir_all(&root).unwrap();
        let cases = [
            ("plain", "a/b.py", 3, tar::EntryType::Regular, None),
            ("above", "../evil", 3, tar::EntryType::Regular, Some("outside")),
            ("link", "x", 0, tar::EntryType::Symlink, Some("neither")),
            ("device", "x", 0, tar::EntryType::Char, Some("neither")),
            ("bomb", "x", 5_000, tar::EntryType::Regular, Some("too large")),
        ];
        for (case, name, size, kind, refusal) in cases {
            let mut builder = tar::Builder::new(Vec::new());
            entry(&mut builder, name.as_bytes(), size, kind);
            let file = root.join(case);
            std::fs::write(&file, builder.into_inner().unwrap()).unwrap();
            let target = root.join(format!("{case}-out"));
            std::fs::create_dir_all(&target).unwrap();
            let unpacked = unpack(&file, &target, 4_000);
            match refusal {
                None => {
                    assert!(unpacked.is_ok() && target.join("a/b.py").is_file(), "{unpacked:?}");
                }
                Some(word) => assert!(unpacked.unwrap_err().to_string().contains(word), "{case}"),
            }
        }
        assert!(!root.join("evil").exists());
        std::fs::remove_dir_all(&root).unwrap();
    }
}
