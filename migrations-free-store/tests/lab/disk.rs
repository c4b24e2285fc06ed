//! A disk in memory that may do all that a real one may do: lose what was not synced, tear it by the sector,
//! fail, fill up, drop what it could not write, lie about a sync. It knows nothing of what the files mean.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use migrations_free_store::{Disk, DiskFile, Open};
use parking_lot::Mutex;

use crate::chance::Chance;

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// Clones share the disk.
#[derive(Clone)]
pub struct LabDisk {
    state: Arc<Mutex<State>>,
    real: PathBuf,
}

/// What is to go wrong in one life of the process.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The process gets no answer from this call on; and its background thread from this one of its own.
    pub ends_at: Option<[u64; 2]>,
    pub faults: Vec<Fault>,
}

#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// The call from which on it waits for the first one that it fits; background calls are counted apart.
    pub at: u64,
    pub background: bool,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The call fails and does nothing.
    Fails,
    /// Part of a write is done, then it fails.
    Short,
    /// No room for this call, nor for so many after it.
    Full(u32),
    /// A sync fails, and what it was to write counts as written from now on. Readers go on to see it.
    SyncDrops,
    /// A sync fails in the same way, and what it was to write is gone for readers too.
    SyncReverts,
    /// A sync says that it was done, and was not.
    SyncLies,
    ReadFails,
}

/// What a power cut spares of what was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spares {
    Nothing,
    Some,
    All,
}

#[derive(Default)]
struct State {
    nodes: Vec<Node>,
    plan: Plan,
    /// Calls so far in this life: of the process, and of its background thread.
    calls: [u64; 2],
    reads: u64,
    off: [bool; 2],
    full_for: u32,
    /// Looking is not counted and nothing goes wrong with it.
    looking: bool,
    pub happened: Vec<String>,
    lied: bool,
}

enum Node {
    File(FileNode),
    Folder(Folder),
}

#[derive(Default)]
struct FileNode {
    /// What readers see.
    now: Vec<u8>,
    /// What is on the platter for certain.
    durable: Vec<u8>,
    /// What was written since, in order.
    pending: Vec<Change>,
    /// Blocks given back with their bytes in them.
    ghosts: Vec<Vec<u8>>,
    /// A crash may tear it at any byte: its format promises to bear that.
    tears_anywhere: bool,
}

enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Length(usize),
}

#[derive(Default)]
struct Folder {
    now: BTreeMap<String, usize>,
    durable: BTreeMap<String, usize>,
    /// Changes since, each of one name, or of two by a rename.
    pending: Vec<Vec<(String, Option<usize>)>>,
}

/// What a call is, for whether a fault fits it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Call {
    Write,
    /// Needs room, and is done or not.
    Make,
    Sync,
    SyncFolder,
    Other,
}

enum Outcome {
    Goes,
    Short(io::Error),
    Drops,
    Reverts,
    Lies,
}

impl LabDisk {
    pub fn new(real: &Path) -> LabDisk {
        let state = State {
            nodes: vec![Node::Folder(Folder::default())],
            ..State::default()
        };
        LabDisk {
            state: Arc::new(Mutex::new(state)),
            real: real.to_owned(),
        }
    }

    /// Begins a life of the process.
    pub fn begin(&self, plan: Plan) {
        let state = &mut *self.state.lock();
        state.plan = plan;
        state.calls = [0; 2];
        state.reads = 0;
        state.off = [false; 2];
        state.full_for = 0;
        state.happened.clear();
    }

    /// The power goes and comes back: each name and sector is as it was at some moment since it was synced last.
    pub fn cut(&self, spares: Spares, seed: u64) {
        let state = &mut *self.state.lock();
        for (number, node) in state.nodes.iter_mut().enumerate() {
            let mut chance = Chance::new(seed ^ (number as u64) << 32);
            match node {
                Node::File(file) => file.cut(spares, &mut chance),
                Node::Folder(folder) => folder.cut(spares, &mut chance),
            }
        }
        state.lied = false;
    }

    /// The process has had its end: every call of it fails.
    pub fn is_over(&self) -> bool {
        self.state.lock().off[0]
    }

    /// Something that was asked of it has gone wrong in this life, or will.
    pub fn has_failed(&self) -> bool {
        let state = self.state.lock();
        state.off != [false; 2] || !state.happened.is_empty()
    }

    /// What went wrong in this life so far.
    pub fn happened(&self) -> Vec<String> {
        self.state.lock().happened.clone()
    }

    /// A sync that lied covers what a cut would lose.
    pub fn has_lied(&self) -> bool {
        self.state.lock().lied
    }

    /// Runs `look` with nothing counted and nothing going wrong.
    pub fn looking<T>(&self, look: impl FnOnce() -> T) -> T {
        self.state.lock().looking = true;
        let found = look();
        self.state.lock().looking = false;
        found
    }

    /// What readers see of a file.
    pub fn bytes_of(&self, path: &Path) -> Option<Vec<u8>> {
        let state = self.state.lock();
        match state.nodes.get(state.find(path)?)? {
            Node::File(file) => Some(file.now.clone()),
            Node::Folder(_) => None,
        }
    }

    /// Files that hold these bytes anywhere: as readers see them, on the platter, on the way there, or in blocks
    /// given back. Files without a name are looked at too.
    pub fn holding(&self, bytes: &[u8]) -> Vec<String> {
        let state = self.state.lock();
        let finder = memchr::memmem::Finder::new(bytes);
        let mut found = Vec::new();
        for (number, node) in state.nodes.iter().enumerate() {
            let Node::File(file) = node else { continue };
            let pending = file.pending.iter().filter_map(|change| match change {
                Change::Write { bytes, .. } => Some(bytes),
                Change::Length(_) => None,
            });
            let all = [(&file.now, "now"), (&file.durable, "durable")]
                .into_iter()
                .chain(pending.map(|bytes| (bytes, "pending")))
                .chain(file.ghosts.iter().map(|bytes| (bytes, "given back")));
            for (place, what) in all {
                if finder.find(place).is_some() {
                    found.push(format!("{} ({what})", state.name_of(number)));
                }
            }
        }
        found
    }

    fn change<T>(
        &self,
        call: Call,
        path: &str,
        change: impl FnOnce(&mut State, Outcome) -> io::Result<T>,
    ) -> io::Result<T> {
        let state = &mut *self.state.lock();
        let outcome = state.next(call, path)?;
        change(state, outcome)
    }

    fn read<T>(&self, path: &str, read: impl FnOnce(&State) -> io::Result<T>) -> io::Result<T> {
        let state = &mut *self.state.lock();
        state.next_read(path)?;
        read(state)
    }
}

impl State {
    /// Counts a call that changes something, and says how it is to go.
    fn next(&mut self, call: Call, path: &str) -> io::Result<Outcome> {
        let side = side();
        if self.looking && side == 0 {
            return Ok(Outcome::Goes);
        }
        self.calls[side] += 1;
        let count = self.calls[side];
        if self.plan.ends_at.is_some_and(|ends| count >= ends[side]) {
            self.off[side] = true;
        }
        self.is_on(side)?;
        let room = matches!(call, Call::Write | Call::Make);
        if self.full_for > 0 && room {
            self.full_for -= 1;
            return Err(ErrorKind::StorageFull.into());
        }
        let sync = call == Call::Sync;
        let fits = |fault: &Fault| {
            let fits = match fault.kind {
                Kind::Fails => true,
                Kind::Short => call == Call::Write,
                Kind::Full(_) => room,
                Kind::SyncDrops | Kind::SyncReverts => sync,
                Kind::SyncLies => sync || call == Call::SyncFolder,
                Kind::ReadFails => false,
            };
            fits && usize::from(fault.background) == side && count >= fault.at
        };
        let Some(found) = self.plan.faults.iter().position(fits) else {
            return Ok(Outcome::Goes);
        };
        let kind = self.plan.faults.remove(found).kind;
        self.happened
            .push(format!("{kind:?} at call {count} of side {side}: {path}"));
        match kind {
            Kind::Fails | Kind::ReadFails => Err(broken()),
            Kind::Short => Ok(Outcome::Short(broken())),
            Kind::Full(calls) => {
                self.full_for = calls;
                match call {
                    Call::Write => Ok(Outcome::Short(ErrorKind::StorageFull.into())),
                    _ => Err(ErrorKind::StorageFull.into()),
                }
            }
            Kind::SyncDrops => Ok(Outcome::Drops),
            Kind::SyncReverts => Ok(Outcome::Reverts),
            Kind::SyncLies => {
                self.lied = true;
                Ok(Outcome::Lies)
            }
        }
    }

    fn next_read(&mut self, path: &str) -> io::Result<()> {
        if self.looking {
            return Ok(());
        }
        let side = side();
        self.is_on(side)?;
        if side == 1 {
            return Ok(());
        }
        self.reads += 1;
        let reads = self.reads;
        let fits = |fault: &Fault| fault.kind == Kind::ReadFails && reads >= fault.at;
        let Some(found) = self.plan.faults.iter().position(fits) else {
            return Ok(());
        };
        self.plan.faults.remove(found);
        self.happened.push(format!("read {reads} fails: {path}"));
        Err(broken())
    }

    fn is_on(&self, side: usize) -> io::Result<()> {
        match self.off[side] {
            true => Err(io::Error::other("the process is over")),
            false => Ok(()),
        }
    }

    fn find(&self, path: &Path) -> Option<usize> {
        let mut at = 0;
        for part in path.components().skip(1) {
            let Node::Folder(folder) = self.nodes.get(at)? else {
                return None;
            };
            at = *folder.now.get(part.as_os_str().to_str()?)?;
        }
        Some(at)
    }

    fn name_of(&self, wanted: usize) -> String {
        for (number, node) in self.nodes.iter().enumerate() {
            let Node::Folder(folder) = node else { continue };
            if let Some((name, _)) = folder.now.iter().find(|(_, node)| **node == wanted) {
                return format!("{number}/{name}");
            }
        }
        format!("file {wanted} without a name")
    }

    fn folder(&mut self, path: &Path) -> io::Result<&mut Folder> {
        let found = self.find(path).ok_or(ErrorKind::NotFound)?;
        match self.nodes.get_mut(found) {
            Some(Node::Folder(folder)) => Ok(folder),
            _ => Err(ErrorKind::NotADirectory.into()),
        }
    }

    fn file(&mut self, number: usize) -> io::Result<&mut FileNode> {
        match self.nodes.get_mut(number) {
            Some(Node::File(file)) => Ok(file),
            _ => Err(ErrorKind::IsADirectory.into()),
        }
    }

    fn add(&mut self, path: &Path, node: Node) -> io::Result<usize> {
        let number = self.nodes.len();
        let (folder, name) = split(path)?;
        self.folder(folder)?.change(vec![(name, Some(number))]);
        self.nodes.push(node);
        Ok(number)
    }
}

impl Folder {
    fn change(&mut self, change: Vec<(String, Option<usize>)>) {
        apply(&mut self.now, &change);
        self.pending.push(change);
    }

    fn sync(&mut self) {
        for change in self.pending.drain(..) {
            apply(&mut self.durable, &change);
        }
    }

    fn cut(&mut self, spares: Spares, chance: &mut Chance) {
        for change in self.pending.drain(..) {
            if spares == Spares::All || (spares == Spares::Some && chance.percent(50)) {
                apply(&mut self.durable, &change);
            }
        }
        self.now = self.durable.clone();
    }
}

fn apply(names: &mut BTreeMap<String, usize>, change: &[(String, Option<usize>)]) {
    for (name, node) in change {
        match node {
            Some(node) => names.insert(name.clone(), *node),
            None => names.remove(name),
        };
    }
}

impl FileNode {
    fn change(&mut self, change: Change) {
        if let Change::Length(length) = &change
            && let Some(given_back) = self.now.get(*length..).filter(|bytes| !bytes.is_empty())
        {
            let block = self.durable.get(*length..).unwrap_or_default().to_vec();
            self.ghosts.push(given_back.to_vec());
            self.ghosts.push(block);
        }
        change.apply(&mut self.now);
        self.pending.push(change);
    }

    fn sync(&mut self) {
        for change in self.pending.drain(..) {
            change.apply(&mut self.durable);
        }
    }

    /// The sync failed: not all of it reached the platter, and nobody will try again.
    fn drop_pending(&mut self, reverts: bool) {
        let pending = std::mem::take(&mut self.pending);
        let mut chance = Chance::new(self.now.len() as u64 ^ (pending.len() as u64) << 20);
        if chance.percent(50) && !pending.is_empty() {
            // Some of it was written all the same.
            self.durable = self.torn(&pending, &mut chance);
        }
        if reverts {
            self.now = self.durable.clone();
        }
    }

    fn cut(&mut self, spares: Spares, chance: &mut Chance) {
        let pending = std::mem::take(&mut self.pending);
        if !pending.is_empty() {
            match spares {
                Spares::Nothing => {}
                Spares::All => {
                    for change in &pending {
                        change.apply(&mut self.durable);
                    }
                }
                Spares::Some => self.durable = self.torn(&pending, chance),
            }
        }
        self.now = self.durable.clone();
    }

    /// The length as after some of the changes, and each sector as after some of them, each for itself.
    fn torn(&self, pending: &[Change], chance: &mut Chance) -> Vec<u8> {
        let mut image = self.durable.clone();
        let mut lengths = vec![image.len()];
        let mut length = image.len();
        let mut longest = length;
        for change in pending {
            length = change.length_after(length);
            longest = longest.max(length);
            lengths.push(length);
        }
        image.resize(longest, 0);
        // Often a whole prefix of the changes survives, and only the one behind it is torn.
        let least = chance.below(pending.len() as u64 + 1);
        let ahead = chance.percent(50);
        for (number, sector) in image.chunks_mut(SECTOR).enumerate() {
            let most = if ahead {
                pending.len() as u64
            } else {
                (least + 1).min(pending.len() as u64)
            };
            let survive = chance.within(least, most + 1) as usize;
            let start = number * SECTOR;
            for change in &pending[..survive] {
                change.apply_within(sector, start, sector.len());
            }
            if self.tears_anywhere && survive < pending.len() && chance.percent(30) {
                let until = chance.below(SECTOR as u64) as usize;
                let until = until.min(sector.len());
                pending[survive].apply_within(sector, start, until);
            }
        }
        let length = *chance.pick(&lengths[least as usize..]);
        image.truncate(length);
        image.resize(length, 0);
        image
    }
}

impl Change {
    fn length_after(&self, length: usize) -> usize {
        match self {
            Change::Write { at, bytes } => length.max(at + bytes.len()),
            Change::Length(length) => *length,
        }
    }

    fn apply(&self, image: &mut Vec<u8>) {
        image.resize(self.length_after(image.len()), 0);
        if let Change::Write { at, bytes } = self {
            image[*at..at + bytes.len()].copy_from_slice(bytes);
        }
    }

    /// Does to one sector, which stands at `start`, what the change does to it; only to its first `until` bytes.
    fn apply_within(&self, sector: &mut [u8], start: usize, until: usize) {
        match self {
            Change::Write { at, bytes } => {
                let from = (*at).max(start);
                let to = (at + bytes.len()).min(start + until);
                if from < to {
                    sector[from - start..to - start].copy_from_slice(&bytes[from - at..to - at]);
                }
            }
            Change::Length(length) => {
                let from = (*length).clamp(start, start + until);
                sector[from - start..until].fill(0);
            }
        }
    }
}

fn side() -> usize {
    usize::from(std::thread::current().name() == Some("caretaker"))
}

fn broken() -> io::Error {
    // EIO, as Linux says it.
    io::Error::from_raw_os_error(5)
}

fn split(path: &Path) -> io::Result<(&Path, String)> {
    let name = path.file_name().and_then(|name| name.to_str());
    match (path.parent(), name) {
        (Some(folder), Some(name)) => Ok((folder, name.to_owned())),
        _ => Err(ErrorKind::InvalidInput.into()),
    }
}

impl std::fmt::Debug for LabDisk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a disk in memory")
    }
}

impl Disk for LabDisk {
    fn open(&self, path: &Path, how: Open) -> io::Result<Arc<dyn DiskFile>> {
        let name = path.display().to_string();
        let file = |node| -> Arc<dyn DiskFile> {
            Arc::new(LabFile {
                disk: self.clone(),
                node,
                name: name.clone(),
            })
        };
        if how != Open::Create {
            let found = self.read(&name, |state| {
                state.find(path).ok_or_else(|| ErrorKind::NotFound.into())
            });
            return found.map(file);
        }
        let tears_anywhere = path.parent().is_some_and(|folder| folder.ends_with("log"));
        let made = self.change(Call::Make, &name, |state, _| match state.find(path) {
            Some(found) => {
                state.file(found)?.change(Change::Length(0));
                Ok(found)
            }
            None => {
                let fresh = FileNode {
                    tears_anywhere,
                    ..FileNode::default()
                };
                state.add(path, Node::File(fresh))
            }
        });
        made.map(file)
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        self.read(&path.display().to_string(), |state| {
            let found = state.find(path).ok_or(ErrorKind::NotFound)?;
            Ok(match &state.nodes[found] {
                Node::File(file) => file.now.len() as u64,
                Node::Folder(_) => 4096,
            })
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let name = format!("{} to {}", from.display(), to.display());
        self.change(Call::Other, &name, |state, _| {
            let found = state.find(from).ok_or(ErrorKind::NotFound)?;
            let ((folder, from), (same, to)) = (split(from)?, split(to)?);
            assert_eq!(folder, same, "a rename within one folder is one step");
            state
                .folder(folder)?
                .change(vec![(from, None), (to, Some(found))]);
            Ok(())
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.change(Call::Other, &path.display().to_string(), |state, _| {
            let found = state.find(path).ok_or(ErrorKind::NotFound)?;
            state.file(found)?;
            let (folder, name) = split(path)?;
            state.folder(folder)?.change(vec![(name, None)]);
            Ok(())
        })
    }

    fn make_dir(&self, dir: &Path) -> io::Result<()> {
        self.change(Call::Make, &dir.display().to_string(), |state, _| {
            let mut missing: Vec<&Path> = dir
                .ancestors()
                .take_while(|above| state.find(above).is_none())
                .collect();
            while let Some(next) = missing.pop() {
                state.add(next, Node::Folder(Folder::default()))?;
            }
            state.folder(dir).map(|_| ())
        })
    }

    fn remove_dir(&self, dir: &Path) -> io::Result<()> {
        self.change(Call::Other, &dir.display().to_string(), |state, _| {
            if !state.folder(dir)?.now.is_empty() {
                return Err(ErrorKind::DirectoryNotEmpty.into());
            }
            let (folder, name) = split(dir)?;
            state.folder(folder)?.change(vec![(name, None)]);
            Ok(())
        })
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.change(
            Call::SyncFolder,
            &dir.display().to_string(),
            |state, outcome| {
                let folder = state.folder(dir)?;
                if !matches!(outcome, Outcome::Lies) {
                    folder.sync();
                }
                Ok(())
            },
        )
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<PathBuf>> {
        self.read(&dir.display().to_string(), |state| {
            let found = state.find(dir).ok_or(ErrorKind::NotFound)?;
            match &state.nodes[found] {
                Node::Folder(folder) => Ok(folder.now.keys().map(|name| dir.join(name)).collect()),
                Node::File(_) => Err(ErrorKind::NotADirectory.into()),
            }
        })
    }

    fn real(&self, path: &Path) -> PathBuf {
        let path = self.real.join(path.strip_prefix("/").unwrap_or(path));
        if let Some(folder) = path.parent() {
            let _there = std::fs::create_dir_all(folder);
        }
        path
    }
}

struct LabFile {
    disk: LabDisk,
    node: usize,
    name: String,
}

impl LabFile {
    fn change<T>(
        &self,
        call: Call,
        change: impl FnOnce(&mut FileNode, Outcome) -> io::Result<T>,
    ) -> io::Result<T> {
        self.disk.change(call, &self.name, |state, outcome| {
            change(state.file(self.node)?, outcome)
        })
    }

    fn sync(&self) -> io::Result<()> {
        self.change(Call::Sync, |file, outcome| {
            match outcome {
                Outcome::Drops => file.drop_pending(false),
                Outcome::Reverts => file.drop_pending(true),
                Outcome::Lies => return Ok(()),
                Outcome::Goes | Outcome::Short(_) => {
                    file.sync();
                    return Ok(());
                }
            }
            Err(broken())
        })
    }
}

impl DiskFile for LabFile {
    fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<usize> {
        self.disk.read(&self.name, |state| {
            let Node::File(file) = &state.nodes[self.node] else {
                return Err(ErrorKind::IsADirectory.into());
            };
            let from = file.now.get(at as usize..).unwrap_or_default();
            let count = from.len().min(bytes.len());
            bytes[..count].copy_from_slice(&from[..count]);
            Ok(count)
        })
    }

    fn write_all_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.change(Call::Write, |file, outcome| {
            let at = at as usize;
            let mut written = bytes;
            let mut result = Ok(());
            if let Outcome::Short(error) = outcome {
                // Whole sectors of it, about half.
                let end = (at + bytes.len() / 2) / SECTOR * SECTOR;
                written = &bytes[..end.saturating_sub(at)];
                result = Err(error);
            }
            if !written.is_empty() {
                let bytes = written.to_vec();
                file.change(Change::Write { at, bytes });
            }
            result
        })
    }

    fn sync_data(&self) -> io::Result<()> {
        self.sync()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.sync()
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.change(Call::Make, |file, _| {
            file.change(Change::Length(length as usize));
            Ok(())
        })
    }

    fn length(&self) -> io::Result<u64> {
        self.disk
            .read(&self.name, |state| match &state.nodes[self.node] {
                Node::File(file) => Ok(file.now.len() as u64),
                Node::Folder(_) => Err(ErrorKind::IsADirectory.into()),
            })
    }

    fn allocate(&self, _length: u64) -> io::Result<()> {
        self.change(Call::Make, |_, _| Ok(()))
    }
}
