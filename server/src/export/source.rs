//! The files of a bundle, from its zip or from the folder it was unpacked to. Both may be hostile.
//!
//! Never follows a link, never unpacks to disk, and never reads past a named limit.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::pack::SUMS;
use super::verify::BundleFault;

pub const ENTRIES_MAX: usize = 500_000;
/// What is unpacked and hashed at most: no tool of an office would open more.
pub const UNPACKED_BYTES_MAX: u64 = 256 << 30;
/// Entries that are read whole: manifest, checkpoint, people and the list of sums.
pub const WHOLE_BYTES_MAX: u64 = 64 << 20;
const DEPTH_MAX: usize = 4;
const COPY_BYTES: usize = 64 * 1024;

pub struct Source {
    kind: Kind,
    names: BTreeSet<String>,
}

enum Kind {
    /// The archive and the folder in it, with its slash.
    Zip(Box<ZipArchive<BufReader<File>>>, String),
    Folder(PathBuf),
}

/// Length and hash of a file.
pub type Sums = BTreeMap<String, (u64, [u8; 32])>;

impl Source {
    pub fn open(path: &Path) -> Result<Source, BundleFault> {
        let source = if path.is_dir() {
            Source::folder(path)?
        } else {
            Source::zip(path)?
        };
        if source.names.contains("MANIFEST.json") {
            Ok(source)
        } else {
            Err(BundleFault::file("MANIFEST.json", "missing"))
        }
    }

    pub fn names(&self) -> &BTreeSet<String> {
        &self.names
    }

    pub fn read(&mut self, name: &str) -> Result<Box<dyn Read + '_>, BundleFault> {
        if !self.names.contains(name) {
            return Err(BundleFault::file(name, "missing"));
        }
        let damaged = |_| BundleFault::file(name, "damaged");
        Ok(match &mut self.kind {
            Kind::Zip(archive, root) => Box::new(
                archive
                    .by_name(&format!("{root}{name}"))
                    .map_err(|_| BundleFault::file(name, "damaged"))?,
            ),
            Kind::Folder(folder) => Box::new(File::open(folder.join(name)).map_err(damaged)?),
        })
    }

    pub fn whole(&mut self, name: &str) -> Result<String, BundleFault> {
        let mut bytes = Vec::new();
        let read = self
            .read(name)?
            .take(WHOLE_BYTES_MAX + 1)
            .read_to_end(&mut bytes);
        read.map_err(|_| BundleFault::file(name, "damaged"))?;
        if bytes.len() as u64 > WHOLE_BYTES_MAX {
            return Err(BundleFault::file(name, "too large"));
        }
        String::from_utf8(bytes).map_err(|_| BundleFault::file(name, "cannot be read"))
    }

    /// Checks that SHA256SUMS lists exactly the files that are here, and that all but `later` match it.
    pub fn check_sums(&mut self, later: &dyn Fn(&str) -> bool) -> Result<Sums, BundleFault> {
        let listed = parse_sums(&self.whole(SUMS)?)
            .ok_or_else(|| BundleFault::file(SUMS, "cannot be read"))?;
        let (mut sums, mut total) = (Sums::new(), 0);
        let all: BTreeSet<String> = self
            .names
            .iter()
            .chain(listed.keys())
            .filter(|name| *name != SUMS)
            .cloned()
            .collect();
        for name in &all {
            if !self.names.contains(name) {
                return Err(BundleFault::file(name, "listed in SHA256SUMS but missing"));
            }
            if !listed.contains_key(name) {
                return Err(BundleFault::file(name, "not listed in SHA256SUMS"));
            }
        }
        for (name, expected) in listed {
            let (mut length, mut hash) = (0, expected);
            if !later(&name) {
                (length, hash) = digest(&mut *self.read(&name)?)
                    .map_err(|_| BundleFault::file(&name, "damaged"))?;
            }
            if hash != expected {
                return Err(BundleFault::file(&name, "does not match SHA256SUMS"));
            }
            total += length;
            if total > UNPACKED_BYTES_MAX {
                return Err(BundleFault::bundle("too large"));
            }
            sums.insert(name, (length, hash));
        }
        Ok(sums)
    }

    fn zip(path: &Path) -> Result<Source, BundleFault> {
        let unreadable = || BundleFault::bundle("cannot be opened as a zip file or a folder");
        let file = File::open(path).map_err(|_| unreadable())?;
        let archive = ZipArchive::new(BufReader::new(file)).map_err(|_| unreadable())?;
        if archive.len() > ENTRIES_MAX {
            return Err(BundleFault::bundle("too many files"));
        }
        if archive.has_duplicate_names() {
            return Err(BundleFault::bundle("two files have the same name"));
        }
        let mut root: Option<String> = None;
        let mut names = BTreeSet::new();
        for name in archive.file_names() {
            let name = name.map_err(|_| unreadable())?;
            let (folder, rest) = name
                .split_once('/')
                .ok_or_else(|| BundleFault::bundle("a file stands outside its folder"))?;
            if root.get_or_insert_with(|| folder.to_owned()) != folder
                || !is_plain(folder)
                || !rest.split('/').all(is_plain)
            {
                return Err(BundleFault::bundle("a file stands outside its folder"));
            }
            names.insert(rest.to_owned());
        }
        let root = format!("{}/", root.unwrap_or_default());
        Ok(Source {
            kind: Kind::Zip(Box::new(archive), root),
            names,
        })
    }

    fn folder(path: &Path) -> Result<Source, BundleFault> {
        let mut folder = path.to_owned();
        if !folder.join("MANIFEST.json").exists() {
            // Unpacking makes the bundle's own folder inside the one that was asked for.
            let inner = list(path)?;
            if let [(only, kind)] = inner.as_slice()
                && kind.is_dir()
            {
                folder = path.join(only);
            }
        }
        let mut names = BTreeSet::new();
        let mut open = vec![(String::new(), 0)];
        while let Some((prefix, depth)) = open.pop() {
            for (name, kind) in list(&folder.join(&prefix))? {
                let name = format!("{prefix}{name}");
                if kind.is_dir() && depth < DEPTH_MAX {
                    open.push((format!("{name}/"), depth + 1));
                } else if kind.is_file() && names.len() < ENTRIES_MAX {
                    names.insert(name);
                } else {
                    return Err(BundleFault::file(&name, "not a plain file"));
                }
            }
        }
        Ok(Source {
            kind: Kind::Folder(folder),
            names,
        })
    }
}

pub fn digest(bytes: &mut dyn Read) -> io::Result<(u64, [u8; 32])> {
    let (mut length, mut hash, mut buffer) = (0, Sha256::new(), vec![0; COPY_BYTES]);
    loop {
        let read = bytes.read(&mut buffer)?;
        let Some(chunk) = buffer.get(..read).filter(|chunk| !chunk.is_empty()) else {
            break;
        };
        hash.update(chunk);
        length += chunk.len() as u64;
        if length > UNPACKED_BYTES_MAX {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
    }
    Ok((length, hash.finalize().into()))
}

fn parse_sums(text: &str) -> Option<BTreeMap<String, [u8; 32]>> {
    let mut sums = BTreeMap::new();
    for line in text.strip_suffix('\n')?.split('\n') {
        let (hash, name) = line.split_once("  ")?;
        let twice = sums.insert(name.to_owned(), unhex(hash)?).is_some();
        if twice || name.is_empty() || name.contains('\r') {
            return None;
        }
    }
    Some(sums)
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let digit = |c: u8| match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        _ => None,
    };
    let bytes: Vec<u8> = match text.as_bytes().as_chunks::<2>() {
        (pairs, []) => pairs
            .iter()
            .map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?))
            .collect::<Option<_>>()?,
        _ => return None,
    };
    bytes.try_into().ok()
}

fn is_plain(part: &str) -> bool {
    !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', '\0', ':'])
}

fn list(folder: &Path) -> Result<Vec<(String, std::fs::FileType)>, BundleFault> {
    let unreadable = |_| BundleFault::bundle("cannot be opened as a zip file or a folder");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)
        .map_err(unreadable)?
        .take(ENTRIES_MAX)
    {
        let entry = entry.map_err(unreadable)?;
        let name = entry
            .file_name()
            .into_string()
            .map_err(|_| BundleFault::bundle("a file's name is not text"))?;
        found.push((name, entry.file_type().map_err(unreadable)?));
    }
    Ok(found)
}
