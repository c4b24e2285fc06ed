//! Sealing with AES-256-GCM under keys derived with HKDF-SHA-256. It stores nothing and chooses no key.

use std::cell::RefCell;

use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::{AeadInOut, Aes256Gcm, KeyInit};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The only algorithm so far, as records and files name it.
pub(crate) const AES_256_GCM: u8 = 1;
pub(crate) const NONCE_BYTES: usize = 12;
pub(crate) const TAG_BYTES: usize = 16;

pub(crate) type Nonce = [u8; NONCE_BYTES];
pub(crate) type Tag = [u8; TAG_BYTES];

/// 32 secret bytes, wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Key([u8; 32]);

impl Key {
    pub fn random() -> Key {
        Key(random())
    }

    pub fn from_bytes(bytes: [u8; 32]) -> Key {
        Key(bytes)
    }

    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// HKDF-SHA-256 of this key, and of `other` after it when given, made into a cipher for one use.
    pub fn derive(&self, other: Option<&Key>, salt: &[u8], info: &[u8]) -> Cipher {
        let mut secret = Zeroizing::new([0; 64]);
        let (mine, others) = secret.split_at_mut(32);
        mine.copy_from_slice(&self.0);
        let length = match other {
            Some(other) => {
                others.copy_from_slice(&other.0);
                64
            }
            None => 32,
        };
        let mut derived = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(Some(salt), secret.get(..length).unwrap_or_default())
            .expand(info, derived.as_mut())
            .expect("32 bytes are within what HKDF-SHA-256 gives");
        Cipher(Aes256Gcm::new((&*derived).into()))
    }
}

/// A derived key, ready to seal or open.
pub(crate) struct Cipher(Aes256Gcm);

impl Cipher {
    /// Encrypts `bytes` in place and gives the tag that must be kept with them.
    pub fn seal(&self, nonce: &Nonce, context: &[u8], bytes: &mut [u8]) -> Tag {
        self.0
            .encrypt_inout_detached(nonce.into(), context, InOutBuf::from(bytes))
            .expect("every part is far below the cipher's length limit")
            .into()
    }

    /// Decrypts in place; None, and no plaintext, when nonce, context, bytes or tag differ from the sealing.
    pub fn open(&self, nonce: &Nonce, context: &[u8], bytes: &mut [u8], tag: &Tag) -> Option<()> {
        self.0
            .decrypt_inout_detached(nonce.into(), context, InOutBuf::from(bytes), tag.into())
            .ok()
    }

    /// Decrypts bytes followed by their tag.
    pub fn open_tagged(&self, nonce: &Nonce, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (bytes, tag) = sealed.split_last_chunk::<TAG_BYTES>()?;
        let mut plain = bytes.to_vec();
        match self.open(nonce, context, &mut plain, tag) {
            Some(()) => Some(plain),
            None => {
                plain.zeroize();
                None
            }
        }
    }
}

/// Random bytes from the operating system. Without them nothing may go on.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives randomness");
    bytes
}

/// [`random`] for what is asked often, such as salts: a system call each time would cost more than the hashing.
pub(crate) fn random_often<const N: usize>() -> [u8; N] {
    thread_local! {
        static POOL: RefCell<RandomPool> = RefCell::new(RandomPool::new());
    }
    POOL.with_borrow_mut(RandomPool::take)
}

/// Random bytes made in blocks, because a system call a record is dear, and the system's own generator slow in
/// bulk: each block is the key stream of AES-256-GCM under a fresh key of the system's, which is then wiped.
/// Used bytes are wiped too.
pub(crate) struct RandomPool {
    block: Zeroizing<Vec<u8>>,
    used: usize,
}

impl RandomPool {
    const BLOCK_BYTES: usize = 8192;

    pub fn new() -> RandomPool {
        RandomPool {
            block: Zeroizing::new(vec![0; Self::BLOCK_BYTES]),
            used: Self::BLOCK_BYTES,
        }
    }

    pub fn take<const N: usize>(&mut self) -> [u8; N] {
        if Self::BLOCK_BYTES - self.used < N {
            self.refill();
        }
        let mut taken = [0; N];
        if let Some(fresh) = self.block.get_mut(self.used..self.used + N) {
            taken.copy_from_slice(fresh);
            fresh.zeroize();
        }
        self.used += N;
        taken
    }

    fn refill(&mut self) {
        let key = Zeroizing::new(random::<32>());
        self.block.fill(0);
        Cipher(Aes256Gcm::new((&*key).into())).seal(&[0; NONCE_BYTES], &[], &mut self.block);
        self.used = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_part_opens_only_with_its_own_key_nonce_and_context() {
        let (scope, person) = (Key::from_bytes([1; 32]), Key::from_bytes([2; 32]));
        let cipher = scope.derive(Some(&person), b"position", b"info");
        let mut bytes = *b"what was said";
        let tag = cipher.seal(&[3; 12], b"here", &mut bytes);
        let mut sealed = bytes.to_vec();
        sealed.extend_from_slice(&tag);
        assert_eq!(
            cipher.open_tagged(&[3; 12], b"here", &sealed).as_deref(),
            Some(&b"what was said"[..])
        );
        assert!(cipher.open_tagged(&[3; 12], b"there", &sealed).is_none());
        assert!(cipher.open_tagged(&[4; 12], b"here", &sealed).is_none());
        for other in [
            scope.derive(None, b"position", b"info"),
            person.derive(Some(&scope), b"position", b"info"),
            scope.derive(Some(&person), b"positioN", b"info"),
            scope.derive(Some(&person), b"position", b"infO"),
        ] {
            assert!(other.open_tagged(&[3; 12], b"here", &sealed).is_none());
        }
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(cipher.open_tagged(&[3; 12], b"here", &flipped).is_none());
        }
    }

    #[test]
    fn the_pool_never_gives_the_same_bytes_twice() {
        let mut pool = RandomPool::new();
        let taken: std::collections::HashSet<[u8; 32]> = (0..2000).map(|_| pool.take()).collect();
        assert_eq!(taken.len(), 2000);
    }
}
