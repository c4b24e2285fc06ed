//! The tree kept as C2SP tlog-tiles files, which anyone may be given: they hold hashes of salted hashes.
//! Every tile can be derived from the segments, so none is synced; a wrong one is found out and made anew.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};

use crate::Position;
use crate::error::Error;
use crate::files::{self, Place};
use crate::journal::Journal;
use crate::merkle::{self, Nodes, Paths, node_hash};
use crate::verify::Hash;

/// Hashes in a full tile.
const WIDTH: u64 = 256;
const WIDTH_BITS: u8 = 8;
/// Levels that positions of 64 bits can need.
const LEVELS_MAX: u8 = 8;
/// Full tiles kept in memory, 16 KiB each.
const CACHED_MAX: usize = 256;

pub(crate) struct Tiles {
    dir: Place,
    journal: Arc<Journal>,
    edge: RwLock<Edge>,
    cache: Mutex<HashMap<(u8, u64), Arc<Tile>>>,
}

/// The right edge of the tree: for each level the hashes of the tile that is not full yet.
#[derive(Default, Clone)]
pub(crate) struct Edge {
    pub size: Position,
    levels: Vec<Vec<Hash>>,
}

/// A full tile with every node above its hashes: 256, then 128, and so on up to its root.
pub(crate) struct Tile {
    nodes: Vec<Hash>,
}

impl Tile {
    fn new(hashes: &[Hash]) -> Tile {
        let mut nodes = hashes.to_vec();
        let mut from = 0;
        for height in 0..WIDTH_BITS {
            let count = (WIDTH >> height) as usize;
            for pair in 0..count / 2 {
                let at = from + pair * 2;
                let above = node_hash(&nodes[at], &nodes[at + 1]);
                nodes.push(above);
            }
            from += count;
        }
        Tile { nodes }
    }

    pub fn hashes(&self) -> &[Hash] {
        self.nodes.get(..WIDTH as usize).unwrap_or_default()
    }

    fn root(&self) -> Hash {
        self.nodes.last().copied().unwrap_or_default()
    }

    fn node(&self, height: u8, index: u64) -> Option<Hash> {
        let below = 2 * WIDTH - ((2 * WIDTH) >> height);
        self.nodes.get((below + index) as usize).copied()
    }
}

impl Edge {
    /// Adds a leaf; `full` is given each tile that becomes full.
    pub fn push(&mut self, leaf: Hash, full: &mut dyn FnMut(u8, u64, Tile)) {
        self.size += 1;
        let mut hash = leaf;
        for level in 0..=LEVELS_MAX {
            let depth = usize::from(level);
            if self.levels.len() == depth {
                self.levels.push(Vec::new());
            }
            let Some(hashes) = self.levels.get_mut(depth) else {
                return;
            };
            hashes.push(hash);
            if hashes.len() < WIDTH as usize {
                return;
            }
            let tile = Tile::new(hashes);
            hashes.clear();
            hash = tile.root();
            full(level, (self.size >> (WIDTH_BITS * (level + 1))) - 1, tile);
        }
    }

    /// The root of the whole tree. The edge alone suffices: each level's hashes stand left of the level below.
    pub fn root(&self) -> Hash {
        let mut right: Option<Hash> = None;
        for hashes in &self.levels {
            // What is right of this level's hashes is one smaller subtree, folded in as the last of them.
            let mut row = hashes.clone();
            row.extend(right);
            right = if row.is_empty() {
                None
            } else {
                Some(merkle::root_of(&row))
            };
        }
        right.unwrap_or_else(merkle::empty_root)
    }
}

/// The tile files of a data directory, to be compared.
pub(crate) struct TileFiles {
    dir: Place,
}

impl TileFiles {
    pub fn new(dir: &Place) -> TileFiles {
        TileFiles { dir: dir.clone() }
    }

    /// True when the file has the tile's hashes; None when there is no file, or one that a power cut left unfinished:
    /// tiles are not synced, so part of one may be zeros or missing.
    pub fn is_as(&self, level: u8, index: u64, tile: &Tile) -> Option<bool> {
        const SECTOR: usize = 512;
        let found = files::read(&tile_path(&self.dir, level, index, WIDTH as u16)).ok()??;
        let right = tile.hashes().concat();
        if found == right {
            return Some(true);
        }
        let written = found.chunks(SECTOR).zip(right.chunks(SECTOR));
        let mut sectors = written.map(|(found, right)| {
            let zeros = found.iter().all(|byte| *byte == 0);
            zeros || right.starts_with(found)
        });
        let is_unfinished = found.len() <= right.len() && sectors.all(|sector| sector);
        (!is_unfinished).then_some(false)
    }
}

impl Tiles {
    /// Opens the tree of a log of `journal.size()` events and checks it against the checkpoint last signed.
    /// Only the right edge is read, and what the log gained since; on any doubt, more.
    pub fn open(
        dir: &Place,
        journal: Arc<Journal>,
        signed: Option<(Position, Hash)>,
    ) -> Result<Tiles, Error> {
        let (checked, root) = signed.unwrap_or((0, merkle::empty_root()));
        let tiles = Tiles {
            dir: dir.clone(),
            journal,
            edge: RwLock::default(),
            cache: Mutex::default(),
        };
        for trusted_bits in [WIDTH_BITS, 2 * WIDTH_BITS, 63] {
            let from = checked >> trusted_bits << trusted_bits;
            let mut edge = tiles.edge_at(from)?;
            tiles.extend(&mut edge, checked)?;
            if edge.root() == root {
                let size = tiles.journal.size();
                tiles.extend(&mut edge, size)?;
                *tiles.edge.write() = edge;
                return Ok(tiles);
            }
        }
        Err(Error::Forked { signed: checked })
    }

    /// The edge of the tree of `size` leaves as the files have it; `size` is a multiple of a tile's width.
    fn edge_at(&self, size: Position) -> Result<Edge, Error> {
        let mut edge = Edge {
            size,
            levels: vec![Vec::new()],
        };
        for level in 0..LEVELS_MAX {
            let full = size
                .checked_shr(u32::from(WIDTH_BITS * (level + 1)))
                .unwrap_or(0);
            if full == 0 {
                break;
            }
            let from = full / WIDTH * WIDTH;
            let roots = (from..full).map(|index| Ok(self.unchecked(level, index)?.root()));
            edge.levels.push(roots.collect::<Result<_, Error>>()?);
        }
        Ok(edge)
    }

    /// Appends the log's leaves up to `to`.
    fn extend(&self, edge: &mut Edge, to: Position) -> Result<(), Error> {
        let mut from = edge.size;
        while from < to {
            let step = to.min(from + 4096);
            for leaf in self.leaves(from, step)? {
                edge.push(leaf, &mut |level, index, tile| {
                    self.write_in_background(level, index, Arc::new(tile));
                });
            }
            from = step;
        }
        Ok(())
    }

    fn leaves(&self, from: Position, to: Position) -> Result<Vec<Hash>, Error> {
        let positions: Vec<Position> = (from..to).collect();
        let mut leaves = Vec::with_capacity(positions.len());
        self.journal.read(&positions, &mut |_, raw| {
            leaves.push(raw.routing.leaf);
            Ok(())
        })?;
        Ok(leaves)
    }

    /// Adds the leaves of a batch that is durable.
    pub fn append(&self, leaves: &[Hash]) {
        let mut full = Vec::new();
        let mut edge = self.edge.write();
        for leaf in leaves {
            edge.push(*leaf, &mut |level, index, tile| {
                full.push((level, index, Arc::new(tile)));
            });
        }
        // Full tiles leave the edge, so they are in the cache before any reader can look for them.
        for (level, index, tile) in full {
            self.write_in_background(level, index, tile);
        }
    }

    fn write_in_background(&self, level: u8, index: u64, tile: Arc<Tile>) {
        self.keep(level, index, tile.clone());
        let path = tile_path(&self.dir, level, index, WIDTH as u16);
        self.journal.caretaker.run(move || {
            let _ = write(&path, tile.hashes());
        });
    }

    fn keep(&self, level: u8, index: u64, tile: Arc<Tile>) {
        let mut cache = self.cache.lock();
        if cache.len() >= CACHED_MAX
            && let Some(other) = cache.keys().next().copied()
        {
            cache.remove(&other);
        }
        cache.insert((level, index), tile);
    }

    pub fn size(&self) -> Position {
        self.edge.read().size
    }

    pub fn root(&self) -> (Position, Hash) {
        let edge = self.edge.read();
        (edge.size, edge.root())
    }

    pub fn root_at(&self, size: Position) -> Result<Hash, Error> {
        self.within(size)?;
        merkle::range_root(self, 0, size)
    }

    pub fn inclusion(&self, position: Position, paths: &mut Paths) -> Result<Vec<Hash>, Error> {
        self.within(paths.size())?;
        if position >= paths.size() {
            return Err(Error::NotFound);
        }
        paths.path(self, position)
    }

    pub fn consistency(&self, old: Position, new: Position) -> Result<Vec<Hash>, Error> {
        self.within(new)?;
        if old > new {
            return Err(Error::NotFound);
        }
        merkle::consistency(self, old, new)
    }

    fn within(&self, size: Position) -> Result<(), Error> {
        if size > self.size() {
            Err(Error::NotFound)
        } else {
            Ok(())
        }
    }

    /// The first `width` hashes of a tile, as its file has them.
    pub fn tile(&self, level: u8, index: u64, width: u16) -> Result<Vec<u8>, Error> {
        if level >= LEVELS_MAX || width == 0 || u64::from(width) > WIDTH {
            return Err(Error::NotFound);
        }
        let full = self.size() >> (WIDTH_BITS * level);
        let from = index.checked_mul(WIDTH).ok_or(Error::NotFound)?;
        if from.saturating_add(u64::from(width)) > full {
            return Err(Error::NotFound);
        }
        let hashes = (0..u64::from(width)).map(|place| self.node(WIDTH_BITS * level, from + place));
        Ok(hashes.collect::<Result<Vec<Hash>, Error>>()?.concat())
    }

    /// Writes the partial tiles of the tree as it is, and drops those of `before`.
    pub fn write_partials(&self, before: Position) -> Result<(), Error> {
        let edge = self.edge.read().clone();
        for (level, hashes) in edge.levels.iter().enumerate().take(usize::from(LEVELS_MAX)) {
            let level = level as u8;
            let (was, is) = (
                before >> (WIDTH_BITS * level),
                edge.size >> (WIDTH_BITS * level),
            );
            if was != is && was % WIDTH != 0 {
                files::remove(&tile_path(
                    &self.dir,
                    level,
                    was / WIDTH,
                    (was % WIDTH) as u16,
                ))?;
            }
            if !hashes.is_empty() {
                write(
                    &tile_path(&self.dir, level, is / WIDTH, hashes.len() as u16),
                    hashes,
                )?;
            }
        }
        Ok(())
    }

    /// A full tile whose root is what the tile above it, or the edge, says; made anew when the file is wrong.
    fn checked(&self, level: u8, index: u64) -> Result<Arc<Tile>, Error> {
        if let Slot::Occupied(found) = self.cache.lock().entry((level, index)) {
            return Ok(found.get().clone());
        }
        let expected = self.node(WIDTH_BITS * (level + 1), index)?;
        let found = read(&tile_path(&self.dir, level, index, WIDTH as u16))?;
        let tile = match found
            .map(|hashes| Tile::new(&hashes))
            .filter(|tile| tile.root() == expected)
        {
            Some(tile) => Arc::new(tile),
            None => self.derive(level, index, &expected)?,
        };
        self.keep(level, index, tile.clone());
        Ok(tile)
    }

    fn derive(&self, level: u8, index: u64, expected: &Hash) -> Result<Arc<Tile>, Error> {
        let mut tile = Arc::new(self.made_from_below(level, index)?);
        if tile.root() != *expected {
            tile = Arc::new(self.made_from_log(level, index)?);
        }
        if tile.root() != *expected {
            let path = tile_path(&self.dir, level, index, WIDTH as u16);
            return Err(Error::damaged(
                &path,
                0,
                "neither the tile nor the log agrees with the tree",
            ));
        }
        self.write_in_background(level, index, tile.clone());
        Ok(tile)
    }

    /// The tile made from the log's leaves, or from the tiles below it.
    fn made_from_below(&self, level: u8, index: u64) -> Result<Tile, Error> {
        let from = index * WIDTH;
        if level == 0 {
            return Ok(Tile::new(&self.leaves(from, from + WIDTH)?));
        }
        let roots = (from..from + WIDTH).map(|below| Ok(self.unchecked(level - 1, below)?.root()));
        Ok(Tile::new(&roots.collect::<Result<Vec<_>, Error>>()?))
    }

    /// The tile made from the log alone, and every tile below it written anew.
    fn made_from_log(&self, level: u8, index: u64) -> Result<Tile, Error> {
        if level == 0 {
            return self.made_from_below(0, index);
        }
        let mut roots = Vec::with_capacity(WIDTH as usize);
        for below in index * WIDTH..(index + 1) * WIDTH {
            let tile = self.made_from_log(level - 1, below)?;
            write(
                &tile_path(&self.dir, level - 1, below, WIDTH as u16),
                tile.hashes(),
            )?;
            roots.push(tile.root());
        }
        Ok(Tile::new(&roots))
    }

    /// A full tile as its file has it, or from below when there is none: for when nothing above is known yet.
    fn unchecked(&self, level: u8, index: u64) -> Result<Tile, Error> {
        match read(&tile_path(&self.dir, level, index, WIDTH as u16))? {
            Some(hashes) => Ok(Tile::new(&hashes)),
            None => {
                let tile = self.made_from_below(level, index)?;
                write(
                    &tile_path(&self.dir, level, index, WIDTH as u16),
                    tile.hashes(),
                )?;
                Ok(tile)
            }
        }
    }
}

impl Nodes for Tiles {
    type Error = Error;

    fn node(&self, height: u8, index: u64) -> Result<Hash, Error> {
        let (level, inner) = (height / WIDTH_BITS, height % WIDTH_BITS);
        let first = index << inner;
        let (tile, place) = (first / WIDTH, first % WIDTH);
        {
            let edge = self.edge.read();
            let full_tiles = edge
                .size
                .checked_shr(u32::from(WIDTH_BITS * (level + 1)))
                .unwrap_or(0);
            if tile >= full_tiles {
                let hashes = edge.levels.get(usize::from(level));
                let wanted = hashes
                    .and_then(|hashes| hashes.get(place as usize..(place + (1 << inner)) as usize));
                return wanted.map(merkle::root_of).ok_or(Error::NotFound);
            }
        }
        self.checked(level, tile)?
            .node(inner, place >> inner)
            .ok_or(Error::NotFound)
    }
}

fn tile_path(dir: &Place, level: u8, index: u64, width: u16) -> Place {
    dir.join(tile_name(level, index, width))
}

/// C2SP tlog-tiles: `tile/<level>/<index in groups of three digits>`, `.p/<width>` when not full.
pub(crate) fn tile_name(level: u8, index: u64, width: u16) -> String {
    let mut groups = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        groups = format!("x{:03}/{groups}", rest % 1000);
        rest /= 1000;
    }
    let partial = if u64::from(width) < WIDTH {
        format!(".p/{width}")
    } else {
        String::new()
    };
    format!("tile/{level}/{groups}{partial}")
}

fn write(path: &Place, hashes: &[Hash]) -> Result<(), Error> {
    let bytes = hashes.concat();
    match files::replace(path, &bytes) {
        Err(Error::Io { .. }) => {
            files::make_dirs(&path.parent())?;
            files::replace(path, &bytes)
        }
        result => result,
    }
}

/// The hashes of a full tile's file; None when it is missing or has not its length.
fn read(path: &Place) -> Result<Option<Vec<Hash>>, Error> {
    let bytes = files::read(path)?;
    let whole = bytes.filter(|bytes| bytes.len() == 32 * WIDTH as usize);
    Ok(whole.map(|bytes| bytes.as_chunks::<32>().0.to_vec()))
}
