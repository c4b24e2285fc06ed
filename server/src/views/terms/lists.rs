//! Sequence numbers newest first, read from their bytes only as far as somebody asks.
//!
//! The bytes may be forged: a list never goes up, and what may be read of one clause is bounded.

use std::collections::BinaryHeap;

use super::Damaged;

/// Sequence numbers one clause may read in one part; no honest day comes near.
const READ_MAX: usize = 1 << 24;

/// One term's list.
pub(super) struct List<'p> {
    rest: &'p [u8],
    left: u64,
    newest: Option<u64>,
}

impl<'p> List<'p> {
    pub fn new(mut bytes: &'p [u8]) -> Result<List<'p>, Damaged> {
        let count = varint(&mut bytes)?;
        let newest = varint(&mut bytes)?;
        Ok(List {
            rest: bytes,
            left: count.checked_sub(1).ok_or(Damaged)?,
            newest: Some(newest),
        })
    }

    pub fn newest(&self) -> Option<u64> {
        self.newest
    }

    pub fn advance(&mut self) -> Result<(), Damaged> {
        let Some(left) = self.left.checked_sub(1) else {
            self.newest = None;
            return Ok(());
        };
        self.left = left;
        let distance = varint(&mut self.rest)?;
        if let Some(newest) = &mut self.newest {
            *newest = newest.checked_sub(distance).ok_or(Damaged)?;
        }
        Ok(())
    }
}

/// The lists of all terms that meet one clause, as one.
pub(super) struct Lists<'p> {
    lists: Vec<List<'p>>,
    /// The newest of each list that has any, and which list it is.
    newest: BinaryHeap<(u64, usize)>,
    read: usize,
}

impl<'p> Lists<'p> {
    pub fn new(lists: Vec<List<'p>>) -> Result<Lists<'p>, Damaged> {
        let newest = lists.iter().zip(0..);
        Ok(Lists {
            newest: newest
                .filter_map(|(list, at)| Some((list.newest()?, at)))
                .collect(),
            lists,
            read: 0,
        })
    }

    /// The newest that is `most` or older. Later calls must not ask for newer ones.
    pub fn seek(&mut self, most: u64) -> Result<Option<u64>, Damaged> {
        while let Some(mut top) = self.newest.peek_mut() {
            if top.0 <= most {
                return Ok(Some(top.0));
            }
            let list = self.lists.get_mut(top.1).ok_or(Damaged)?;
            while list.newest().is_some_and(|newest| newest > most) {
                list.advance()?;
                self.read += 1;
                if self.read > READ_MAX {
                    return Err(Damaged);
                }
            }
            match list.newest() {
                Some(newest) => top.0 = newest,
                None => drop(std::collections::binary_heap::PeekMut::pop(top)),
            }
        }
        Ok(None)
    }
}

pub(super) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn varint(rest: &mut &[u8]) -> Result<u64, Damaged> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, tail) = rest.split_first().ok_or(Damaged)?;
        *rest = tail;
        let bits = u64::from(byte & 0x7F);
        if bits << shift >> shift != bits {
            return Err(Damaged);
        }
        value |= bits << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(Damaged)
}
