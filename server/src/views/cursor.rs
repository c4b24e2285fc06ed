//! `cur`: a position in the log, encrypted, so that it does not tell how much the company writes.
//!
//! One AES block: eight bytes of position, eight zero bytes that only the right key gives back.

use aes::Aes256;
use aes::cipher::{Block, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use migrations_free_store::Position;

#[derive(Clone)]
pub struct Cursors {
    cipher: Aes256,
}

impl Cursors {
    pub fn new(secret: [u8; 32]) -> Self {
        Cursors {
            cipher: Aes256::new(&secret.into()),
        }
    }

    pub fn seal(&self, position: Position) -> String {
        let mut block = Block::<Aes256>::default();
        block[..8].copy_from_slice(&position.to_be_bytes());
        self.cipher.encrypt_block(&mut block);
        URL_SAFE_NO_PAD.encode(block)
    }

    /// None for anything this server did not seal.
    pub fn open(&self, text: &str) -> Option<Position> {
        let bytes: [u8; 16] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let mut block = Block::<Aes256>::from(bytes);
        self.cipher.decrypt_block(&mut block);
        let (position, check) = block.split_at(8);
        (check == [0; 8]).then(|| position.try_into().ok().map(u64::from_be_bytes))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_only_where_it_was_sealed() {
        let ours = Cursors::new([1; 32]);
        for position in [0, 1, 77, u64::MAX] {
            assert_eq!(ours.open(&ours.seal(position)), Some(position));
            assert_eq!(Cursors::new([2; 32]).open(&ours.seal(position)), None);
        }
        for wrong in ["", "x", "AAAAAAAAAAAAAAAAAAAAAA", "💥"] {
            assert_eq!(ours.open(wrong), None);
        }
    }
}
