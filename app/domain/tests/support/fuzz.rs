//! A small fuzzer: bytes from a corpus, cut, doubled and bent, given to a parser for a while.
//!
//! The corpus is `tests/corpus/<name>`; an input that breaks a rule is saved there, and so stays a test for ever.
#![expect(
    clippy::disallowed_methods,
    reason = "a test reads its corpus, keeps what broke a rule, and may be told how long to go on"
)]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::random::Random;

/// The largest input, bytes.
const MAX_BYTES: usize = 4096;
/// No parser may need longer for an input of that size.
const MAX_ONE: Duration = Duration::from_secs(2);

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/corpus")
        .join(name)
}

/// `RUNYARD_FUZZ_SECS`, else one second.
fn duration() -> Duration {
    let seconds = std::env::var("RUNYARD_FUZZ_SECS").ok();
    Duration::from_secs(seconds.and_then(|text| text.parse().ok()).unwrap_or(1))
}

/// Tries a rule on the corpus, then on what becomes of it; `tokens` are pieces that its grammar knows.
pub(crate) fn fuzz(name: &str, tokens: &[&str], rule: impl Fn(&str)) {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder(name))
        .expect("the corpus is there")
        .map(|entry| entry.expect("it can be listed").path())
        .collect();
    paths.sort();
    let corpus: Vec<Vec<u8>> = paths
        .iter()
        .map(|path| fs::read(path).expect("it can be read"))
        .collect();
    assert!(!corpus.is_empty(), "the corpus `{name}` is empty");
    for (path, bytes) in paths.iter().zip(&corpus) {
        if let Err(why) = tried(bytes, &rule) {
            panic!("{}: {why}", path.display());
        }
    }
    let mut random = Random::new(bytes_of(name));
    let start = Instant::now();
    let mut pool = corpus;
    let mut count = 0_u64;
    while start.elapsed() < duration() {
        let mut bytes = random.pick(&pool).clone();
        for _ in 0..=random.below(4) {
            bend(&mut bytes, &pool, tokens, &mut random);
        }
        bytes.truncate(MAX_BYTES);
        count += 1;
        if let Err(why) = tried(&bytes, &rule) {
            let path = folder(name).join(format!("found-{count}"));
            fs::write(&path, &bytes).expect("the corpus can be written");
            panic!("{}: {why}", path.display());
        }
        // A slowly moving pool leads further away from where it began.
        if random.once_in(50) && !bytes.is_empty() {
            let at = random.below(pool.len().max(64));
            if at < pool.len() && pool.len() >= 64 {
                pool[at] = bytes;
            } else if pool.len() < 64 {
                pool.push(bytes);
            }
        }
    }
    println!("{name}: {count} inputs");
}

fn bytes_of(name: &str) -> u64 {
    name.bytes()
        .fold(0, |sum, byte| sum.wrapping_mul(31) + u64::from(byte))
}

fn tried(bytes: &[u8], rule: &impl Fn(&str)) -> Result<(), String> {
    let text = String::from_utf8_lossy(bytes);
    let start = Instant::now();
    catch_unwind(AssertUnwindSafe(|| rule(&text))).map_err(|panic| {
        let message = panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        format!("{text:?}: {}", message.unwrap_or_default())
    })?;
    if start.elapsed() > MAX_ONE {
        return Err(format!("{text:?}: slower than {MAX_ONE:?}"));
    }
    Ok(())
}

fn bend(bytes: &mut Vec<u8>, pool: &[Vec<u8>], tokens: &[&str], random: &mut Random) {
    let at = random.below(bytes.len() + 1);
    let end = (at + random.below(16)).min(bytes.len());
    match random.below(8) {
        0 => {
            bytes.drain(at..end);
        }
        1 => {
            let copy = bytes[at..end].to_vec();
            for _ in 0..=random.below(40) {
                bytes.splice(at..at, copy.iter().copied());
            }
        }
        2 if at < bytes.len() => bytes[at] = random.next().to_le_bytes()[0],
        3 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
        4 => {
            let other = random.pick(pool);
            let start = random.below(other.len() + 1);
            let part = other[start..(start + random.below(200)).min(other.len())].to_vec();
            bytes.splice(at..at, part);
        }
        5 => bytes.truncate(at),
        _ => {
            let token = random.pick(tokens).as_bytes().to_vec();
            let end = if random.once_in(2) { at } else { end };
            bytes.splice(at..end, token);
        }
    }
}
