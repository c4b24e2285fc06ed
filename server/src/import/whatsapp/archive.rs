//! The archive an export comes in: the chat's text and the media beside it.
//!
//! Never writes a file, never follows a path in the archive, and believes no size the archive
//! claims: limits are counted on the bytes that come out.

use super::ImportError;
use std::collections::HashMap;
use std::io::{self, Read, Seek};
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

/// What one archive may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub entries: usize,
    pub text_bytes: u64,
    pub media_bytes: u64,
    /// Over everything read from the archive, however often.
    pub total_bytes: u64,
    /// Bytes out for each byte in, beyond the first mebibyte.
    pub ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries: 50_000,
            text_bytes: super::MAX_TEXT_BYTES as u64,
            media_bytes: 2 << 30,
            total_bytes: 20 << 30,
            ratio: 100,
        }
    }
}

/// An opened archive, its names checked.
pub struct Archive<R> {
    zip: ZipArchive<R>,
    limits: Limits,
    text: usize,
    media: HashMap<String, usize>,
    names: Vec<String>,
    spent: u64,
}

/// The bytes of one file, within the limits. A limit passed is an `io::Error` that holds an
/// `ImportError`; see `ImportError::from_io`.
pub struct Media<'a, R: Read> {
    file: zip::read::ZipFile<'a, R>,
    spent: &'a mut u64,
    limits: Limits,
    most: u64,
    packed: u64,
    out: u64,
}

impl<R: Read + Seek> Archive<R> {
    pub fn open(reader: R, limits: &Limits) -> Result<Self, ImportError> {
        let mut zip = ZipArchive::new(reader).map_err(broken)?;
        if zip.has_duplicate_names() {
            return Err(duplicate());
        }
        if zip.len() > limits.entries {
            return Err(ImportError::new(
                "import/too_large",
                "The archive holds too many files.",
            ));
        }
        let mut files: Vec<(String, usize)> = Vec::new();
        for at in 0..zip.len() {
            let file = zip.by_index_raw(at).map_err(broken)?;
            if file.encrypted() {
                return Err(ImportError::new(
                    "import/zip_encrypted",
                    "The archive is locked with a password.",
                ));
            }
            let name = file.name().map_err(broken)?.into_owned();
            if !is_safe(&name) || file.is_symlink() {
                return Err(ImportError::new(
                    "import/zip_path",
                    "The archive holds a file whose path leads outside of it. WhatsApp writes no such file.",
                ));
            }
            if !file.is_file() || name.starts_with("__MACOSX/") || name.ends_with(".DS_Store") {
                continue;
            }
            if !matches!(
                file.compression(),
                CompressionMethod::Stored | CompressionMethod::Deflated
            ) {
                return Err(ImportError::new(
                    "import/zip_method",
                    "The archive is packed in a way WhatsApp does not use.",
                ));
            }
            files.push((name, at));
        }
        // Files that share their packed bytes unpack to many times the archive's size.
        if zip.has_overlapping_entries().map_err(broken)? {
            return Err(bomb());
        }
        let text = chat_text(&files)?;
        let mut media = HashMap::new();
        let mut names = Vec::new();
        for (path, at) in files.into_iter().filter(|(_, at)| *at != text) {
            let name = base(&path).to_string();
            if media.insert(name.clone(), at).is_some() {
                return Err(duplicate());
            }
            names.push(name);
        }
        Ok(Self {
            zip,
            limits: *limits,
            text,
            media,
            names,
            spent: 0,
        })
    }

    pub fn chat_text(&mut self) -> Result<Vec<u8>, ImportError> {
        let mut bytes = Vec::new();
        let (at, most) = (self.text, self.limits.text_bytes);
        self.read(at, most)?
            .read_to_end(&mut bytes)
            .map_err(|error| ImportError::from_io(&error))?;
        Ok(bytes)
    }

    /// File names as the chat's attachments name them, without folders.
    pub fn media_names(&self) -> &[String] {
        &self.names
    }

    pub fn media(&mut self, name: &str) -> Result<Media<'_, R>, ImportError> {
        let at = *self.media.get(name).ok_or_else(|| {
            ImportError::new(
                "import/media_missing",
                "The archive holds no file of that name.",
            )
        })?;
        self.read(at, self.limits.media_bytes)
    }

    fn read(&mut self, at: usize, most: u64) -> Result<Media<'_, R>, ImportError> {
        let file = self.zip.by_index(at).map_err(broken)?;
        let packed = file.compressed_size();
        Ok(Media {
            file,
            spent: &mut self.spent,
            limits: self.limits,
            most,
            packed,
            out: 0,
        })
    }
}

impl<R: Read> Read for Media<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        const FREE: u64 = 1 << 20;
        let read = self.file.read(buffer)?;
        self.out += read as u64;
        *self.spent += read as u64;
        if self.out > self.most || *self.spent > self.limits.total_bytes {
            return Err(io::Error::other(ImportError::new(
                "import/too_large",
                "A file in the archive is too large.",
            )));
        }
        if self.out > FREE && self.out / self.limits.ratio.max(1) > self.packed {
            return Err(io::Error::other(bomb()));
        }
        Ok(read)
    }
}

impl ImportError {
    /// What went wrong while reading media: a limit, or a damaged archive.
    pub fn from_io(error: &io::Error) -> Self {
        error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<Self>())
            .cloned()
            .unwrap_or_else(|| {
                Self::new(
                    "import/zip_broken",
                    format!("The archive is damaged: {error}."),
                )
            })
    }
}

/// `_chat.txt` of iPhones, else the text named after the chat, else the only text.
fn chat_text(files: &[(String, usize)]) -> Result<usize, ImportError> {
    let texts: Vec<&(String, usize)> = files
        .iter()
        .filter(|(path, _)| extension(path).eq_ignore_ascii_case("txt"))
        .collect();
    let ranks: [fn(&str) -> bool; 3] = [
        |name| name == "_chat.txt",
        |name| name.contains("WhatsApp") || name.ends_with("_chat.txt"),
        |_| true,
    ];
    for rank in ranks {
        let mut fitting = texts.iter().filter(|(path, _)| rank(base(path)));
        match (fitting.next(), fitting.next()) {
            (Some((_, at)), None) => return Ok(*at),
            (Some(_), Some(_)) => {
                return Err(ImportError::new(
                    "import/zip_several_chats",
                    "The archive holds several chat texts. Import one export at a time.",
                ));
            }
            (None, _) => {}
        }
    }
    if files
        .iter()
        .any(|(path, _)| extension(path).eq_ignore_ascii_case("zip"))
    {
        return Err(ImportError::new(
            "import/zip_nested",
            "The archive holds another archive and no chat text. Unpack it once and import the inner one.",
        ));
    }
    Err(ImportError::new(
        "import/zip_no_chat",
        "The archive holds no chat text. Export the chat again from WhatsApp.",
    ))
}

fn is_safe(path: &str) -> bool {
    !path.is_empty()
        && !path.starts_with('/')
        && !path.contains(['\\', '\0'])
        && path.as_bytes().get(1) != Some(&b':')
        && !path.split('/').any(|part| part == "..")
}

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn extension(path: &str) -> &str {
    base(path)
        .rsplit_once('.')
        .map_or("", |(_, extension)| extension)
}

fn broken(error: ZipError) -> ImportError {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword => {
            ImportError::new(
                "import/zip_encrypted",
                "The archive is locked with a password.",
            )
        }
        ZipError::Io(error) => ImportError::from_io(&error),
        other => ImportError::new(
            "import/zip_broken",
            format!("The archive is damaged or not a zip archive: {other}."),
        ),
    }
}

fn duplicate() -> ImportError {
    ImportError::new(
        "import/zip_duplicate",
        "The archive holds two files of one name.",
    )
}

fn bomb() -> ImportError {
    ImportError::new(
        "import/zip_bomb",
        "The archive unpacks to far more than WhatsApp would pack.",
    )
}
