//! Files that other people's writers made, and what becomes of them when bytes of them are changed.
#![cfg(test)]

use base64::Engine as _;
use serde_json::Value;

use crate::first_rows;

/// Written by pyarrow 26: name, file in base64, its rows as JSON (nothing: it is not read).
const FILES: &str = include_str!("tests/files.txt");

fn files() -> impl Iterator<Item = (&'static str, Vec<u8>, &'static str)> {
    FILES.lines().map(|line| {
        let mut parts = line.split('\t');
        let mut part = || parts.next().unwrap();
        let (name, file) = (part(), part());
        (name, base64::engine::general_purpose::STANDARD.decode(file).unwrap(), part())
    })
}

#[test]
fn rows_of_files() {
    for (name, file, rows) in files() {
        let found = first_rows(&file, usize::MAX);
        if rows.is_empty() {
            let told = found.unwrap_err().to_string().to_lowercase();
            let word = if name == "zstd" { "zstandard" } else { name };
            assert!(told.contains(word), "{name}: {told}");
            continue;
        }
        let expected: Vec<Value> = serde_json::from_str(rows).unwrap();
        assert_eq!(found.unwrap(), expected, "{name}");
        if expected.len() > 7 {
            assert_eq!(first_rows(&file, 7).unwrap(), expected[..7], "{name}");
        }
    }
}

#[test]
fn no_bytes_bring_it_down() {
    let all: Vec<Vec<u8>> = files().map(|(_, file, _)| file).collect();
    let mut seed = 1_u64;
    let mut next = |bound: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % bound.max(1)
    };
    let mut read = 0;
    for _ in 0..20_000 {
        let mut file = all[next(all.len())].clone();
        for _ in 0..=next(3) {
            let at = next(file.len());
            match next(4) {
                0 => file[at] = next(256) as u8,
                1 => file[at] ^= 1 << next(8),
                2 => drop(file.drain(at..(at + next(4)).min(file.len()))),
                _ => file.insert(at, [0, 0xff, 0x80, 1][next(4)]),
            }
        }
        read += usize::from(first_rows(&file, 1_000).is_ok());
    }
    assert!(read > 100, "{read}");
    for short in
        [&b""[..], b"PAR1", b"PAR1PAR1", b"\xff\xff\xff\xffPAR1", b"\0\0\0\0PAR1", b"\0\0\0\0PARE"]
    {
        assert!(first_rows(short, 1).is_err());
    }
}
