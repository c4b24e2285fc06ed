//! The RFC 6962 tree: hashes, proofs and their checks. Pure: it neither stores nor signs.

use std::ops::Range;

use sha2::{Digest, Sha256};

use crate::Position;
use crate::verify::Hash;

pub(crate) fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new()
        .chain_update([1])
        .chain_update(left)
        .chain_update(right)
        .finalize()
        .into()
}

pub(crate) fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// The root over hashes of neighbouring subtrees of equal size; the last may stand alone at any level.
pub(crate) fn root_of(hashes: &[Hash]) -> Hash {
    match hashes {
        [] => empty_root(),
        [only] => *only,
        _ => {
            let (left, right) = hashes.split_at(largest_power_below(hashes.len() as u64) as usize);
            node_hash(&root_of(left), &root_of(right))
        }
    }
}

/// The largest power of two below `n`, for n of at least 2.
fn largest_power_below(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}

/// Gives the hash of the perfect subtree of 2^height leaves that is the `index`th of its height.
pub(crate) trait Nodes {
    type Error;
    fn node(&self, height: u8, index: u64) -> Result<Hash, Self::Error>;
}

/// The root over leaves `from..to`, where `from` is a multiple of the largest power of two within.
pub(crate) fn range_root<N: Nodes>(
    nodes: &N,
    from: Position,
    to: Position,
) -> Result<Hash, N::Error> {
    let count = to - from;
    if count == 0 {
        return Ok(empty_root());
    }
    if count.is_power_of_two() {
        let height = count.trailing_zeros() as u8;
        return nodes.node(height, from >> height);
    }
    let middle = from + largest_power_below(count);
    Ok(node_hash(
        &range_root(nodes, from, middle)?,
        &range_root(nodes, middle, to)?,
    ))
}

/// RFC 6962 section 2.1.1: audit paths in the tree of `size` leaves. What a path shares with the one before it,
/// which is nearly all of a neighbour's, is not looked up again.
pub(crate) struct Paths {
    size: Position,
    steps: Vec<Step>,
}

/// From the root downwards: the leaves of the half that was gone into, and the root of the other half.
struct Step {
    leaves: Range<Position>,
    beside: Hash,
}

impl Paths {
    pub fn new(size: Position) -> Paths {
        Paths {
            size,
            steps: Vec::new(),
        }
    }

    pub fn size(&self) -> Position {
        self.size
    }

    /// The path of the leaf at `position`, which is below the size.
    pub fn path<N: Nodes>(&mut self, nodes: &N, position: Position) -> Result<Vec<Hash>, N::Error> {
        let shared = self
            .steps
            .partition_point(|step| step.leaves.contains(&position));
        self.steps.truncate(shared);
        let mut leaves = match self.steps.last() {
            Some(step) => step.leaves.clone(),
            None => 0..self.size,
        };
        while leaves.end - leaves.start > 1 {
            let middle = leaves.start + largest_power_below(leaves.end - leaves.start);
            let (mine, other) = if position < middle {
                (leaves.start..middle, middle..leaves.end)
            } else {
                (middle..leaves.end, leaves.start..middle)
            };
            self.steps.push(Step {
                leaves: mine.clone(),
                beside: range_root(nodes, other.start, other.end)?,
            });
            leaves = mine;
        }
        Ok(self.steps.iter().rev().map(|step| step.beside).collect())
    }
}

/// RFC 6962 section 2.1.2: the proof that the tree of `old` leaves is a prefix of that of `new` leaves.
pub(crate) fn consistency<N: Nodes>(
    nodes: &N,
    old: Position,
    new: Position,
) -> Result<Vec<Hash>, N::Error> {
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let mut proof = Vec::new();
    let (mut from, mut to) = (0, new);
    while to != old {
        let middle = from + largest_power_below(to - from);
        if old <= middle {
            proof.push(range_root(nodes, middle, to)?);
            to = middle;
        } else {
            proof.push(range_root(nodes, from, middle)?);
            from = middle;
        }
    }
    if from != 0 {
        proof.push(range_root(nodes, from, to)?);
    }
    proof.reverse();
    Ok(proof)
}

/// True when `proof` leads from the leaf at `position` to `root` (RFC 9162 section 2.1.3.2).
pub(crate) fn includes(
    leaf: &Hash,
    position: Position,
    size: Position,
    root: &Hash,
    proof: &[Hash],
) -> bool {
    if position >= size {
        return false;
    }
    let (mut place, mut last) = (position, size - 1);
    let mut hash = *leaf;
    for step in proof {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            hash = node_hash(step, &hash);
            while place & 1 == 0 && place != 0 {
                (place, last) = (place >> 1, last >> 1);
            }
        } else {
            hash = node_hash(&hash, step);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    last == 0 && hash == *root
}

/// True when `proof` shows that the old tree is a prefix of the new one (RFC 9162 section 2.1.4.2).
pub(crate) fn is_consistent(
    old: Position,
    old_root: &Hash,
    new: Position,
    root: &Hash,
    proof: &[Hash],
) -> bool {
    if old > new {
        return false;
    }
    if old == 0 {
        return proof.is_empty() && *old_root == empty_root();
    }
    if old == new {
        return proof.is_empty() && old_root == root;
    }
    let (first, steps) = match proof.split_first() {
        // An old tree that is perfect is itself the first node.
        _ if old.is_power_of_two() => (old_root, proof),
        Some((first, steps)) => (first, steps),
        None => return false,
    };
    let (mut place, mut last) = (old - 1, new - 1);
    while place & 1 == 1 {
        (place, last) = (place >> 1, last >> 1);
    }
    let (mut old_hash, mut new_hash) = (*first, *first);
    for step in steps {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            old_hash = node_hash(step, &old_hash);
            new_hash = node_hash(step, &new_hash);
            while place & 1 == 0 && place != 0 {
                (place, last) = (place >> 1, last >> 1);
            }
        } else {
            new_hash = node_hash(&new_hash, step);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    last == 0 && old_hash == *old_root && new_hash == *root
}
