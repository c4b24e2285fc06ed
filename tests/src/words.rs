//! Bodies to send: made-up words with the spread of a living language, the same on every machine.
//! Never the same sentence for all, or search and compression would look better than they are.

const WORDS: usize = 20_000;

/// `count` bodies of exactly `bytes` bytes, ASCII, without characters that JSON must escape.
pub fn bodies(count: usize, bytes: usize) -> Vec<Vec<u8>> {
    let words: Vec<String> = (0..WORDS).map(word).collect();
    let mut seed = 0x9e37_79b9_7f4a_7c15;
    (0..count)
        .map(|_| {
            let mut body = Vec::with_capacity(bytes + 16);
            while body.len() < bytes {
                body.extend_from_slice(words.get(zipf(&mut seed)).map_or(b"x", |w| w.as_bytes()));
                body.push(b' ');
            }
            body.truncate(bytes);
            body
        })
        .collect()
}

/// The n-th word, two to four syllables.
pub fn word(n: usize) -> String {
    const SYLLABLES: [&str; 32] = [
        "ba", "do", "fi", "gu", "ha", "je", "ko", "lu", "mi", "na", "po", "ra", "se", "ti", "vo",
        "zu", "bri", "cla", "dre", "flo", "gra", "kri", "ple", "sta", "tro", "shi", "ve", "lo",
        "mar", "ten", "sul", "on",
    ];
    let mut text = String::new();
    let mut rest = n + 32;
    while rest > 0 {
        text.push_str(SYLLABLES.get(rest % 32).copied().unwrap_or("a"));
        rest /= 32;
    }
    text
}

/// A rank in 0..WORDS, small ones often.
pub fn zipf(seed: &mut u64) -> usize {
    let uniform = (random(seed) >> 11) as f64 / (1u64 << 53) as f64;
    (((WORDS as f64).powf(uniform) - 1.0) as usize).min(WORDS - 1)
}

/// xorshift64*: cheap and the same every time; never for secrets.
pub fn random(seed: &mut u64) -> u64 {
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    seed.wrapping_mul(0x2545_f491_4f6c_dd1d)
}
