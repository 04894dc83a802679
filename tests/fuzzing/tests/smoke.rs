//! Every target gets its seeds, changed at random: a few hundred thousand bytes a run, more with `FUZZING_SECONDS`.

use asl::value::{Random, SplitMix};
use std::time::{Duration, Instant};

/// What is often wrong: put somewhere into a text.
const PIECES: &[&str] = &[
    "\0",
    "\u{feff}",
    "ä",
    "\u{10ffff}",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "\"",
    "'",
    "\\",
    "$",
    "$$",
    "*",
    "**",
    "..",
    "%",
    "&",
    "-1",
    "0",
    "99999999999999999999",
    "9223372036854775807",
    "-9223372036854775808",
    "1e400",
    "null",
    "\n",
    "\t",
    "#",
    "/",
    ":",
    ",",
    "~>",
    "{%",
    "%}",
    "${",
    "\\u",
    "\\ud800",
];

fn below(random: &mut SplitMix, bound: usize) -> usize {
    usize::try_from(random.next_u64() % (bound.max(1) as u64)).expect("below a usize")
}

/// One to four changes: bytes turned, cut, doubled, repeated, pieces put in, another seed spliced.
fn change(seeds: &[&str], random: &mut SplitMix) -> Vec<u8> {
    let mut bytes = seeds[below(random, seeds.len())].as_bytes().to_vec();
    for _ in 0..=below(random, 4) {
        let at = below(random, bytes.len() + 1);
        let end = (at + below(random, 24)).min(bytes.len());
        match below(random, 7) {
            0 if at < bytes.len() => bytes[at] ^= 1 << below(random, 8),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let copy = bytes[at..end].to_vec();
                bytes.splice(at..at, copy);
            }
            3 => {
                let copy = bytes[at..end].repeat(1 + below(random, 300));
                bytes.splice(at..end, copy);
            }
            4 => {
                let other = seeds[below(random, seeds.len())].as_bytes();
                let from = below(random, other.len() + 1);
                bytes.splice(at.., other[from..].iter().copied());
            }
            5 => bytes.truncate(at),
            _ => {
                let piece = PIECES[below(random, PIECES.len())];
                bytes.splice(at..at, piece.bytes());
            }
        }
        bytes.truncate(20_000);
    }
    bytes
}

#[test]
fn changed_seeds_make_nothing_panic() {
    let seconds = std::env::var("FUZZING_SECONDS").ok().and_then(|text| text.parse::<u64>().ok());
    let only = std::env::var("FUZZING_TARGET").ok();
    for target in fuzzing::TARGETS {
        if only.as_ref().is_some_and(|only| only != target.name) {
            continue;
        }
        for seed in target.seeds {
            (target.run)(seed.as_bytes());
        }
        let seed = seconds.map_or(1, |seconds| seconds ^ u64::from(std::process::id()));
        let mut random = SplitMix::new(seed);
        let begun = Instant::now();
        let mut count = 0_u64;
        let goes_on = |count: u64| match seconds {
            Some(seconds) => begun.elapsed() < Duration::from_secs(seconds),
            None => count < 300,
        };
        while goes_on(count) {
            let bytes = change(target.seeds, &mut random);
            let started = Instant::now();
            let run = target.run;
            let outcome = std::panic::catch_unwind(|| run(&bytes));
            let took = started.elapsed();
            let shown = String::from_utf8_lossy(&bytes);
            assert!(outcome.is_ok(), "{} panicked at {shown:?}", target.name);
            assert!(took < Duration::from_secs(20), "{} took {took:?} for {shown:?}", target.name);
            count += 1;
        }
        println!("{}: {count} texts in {:?}", target.name, begun.elapsed());
    }
}
