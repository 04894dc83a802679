//! Recorded AWS behaviour for tests: where it lies, tallies per level, and lists of known misses.
//!
//! The recordings are not part of this repository. They are looked for in the folder `REFIT_CONFORMANCE` names, else in
//! `../shared/conformance` beside the repository; without them the tests pass without checking anything. A case that differs must
//! stand in the suite's list of known misses with its reason, and a listed case that agrees must leave the list: so the list
//! always says what differs.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// What the lines begin with that `cargo xtask conformance` puts into its table.
pub const MARK: &str = "conformance: ";

/// Where the recordings lie.
fn root() -> PathBuf {
    std::env::var_os("REFIT_CONFORMANCE").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/conformance")),
        PathBuf::from,
    )
}

/// The text of one of the recordings' files, or nothing where they are not at hand.
pub fn text(file: &str) -> Option<String> {
    let found = std::fs::read_to_string(root().join(file)).ok();
    if found.is_none() {
        println!("{file} is not at hand: nothing checked");
    }
    found
}

/// The JSON files of one of the recordings' folders with their names, in order; none where they are not at hand.
pub fn files(folder: &str) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(root().join(folder)).into_iter().flatten().flatten();
    let mut files: Vec<(String, String)> = entries
        .filter_map(|entry| {
            let path = entry.path();
            let name = path.file_stem()?.to_string_lossy().into_owned();
            Some((name, std::fs::read_to_string(&path).ok()?))
        })
        .collect();
    files.sort();
    files
}

/// Cases of one file, counted per level: a case that agrees in a level agrees in all before it.
#[derive(Debug)]
pub struct Suite {
    name: String,
    levels: Vec<&'static str>,
    agreeing: Vec<usize>,
    total: usize,
    aside: usize,
    misses: BTreeMap<String, String>,
    passed: Vec<String>,
}

impl Suite {
    /// An empty tally of a file with the levels that its cases have, weakest first.
    pub fn new(name: &str, levels: &[&'static str]) -> Self {
        Self {
            name: name.to_owned(),
            levels: levels.to_vec(),
            agreeing: vec![0; levels.len()],
            total: 0,
            aside: 0,
            misses: BTreeMap::new(),
            passed: Vec::new(),
        }
    }

    /// Counts a case that agrees in the first `levels` levels; `why` says what differs in the next.
    pub fn count(&mut self, case: &str, levels: usize, why: &str) {
        self.total += 1;
        for agreeing in self.agreeing.iter_mut().take(levels) {
            *agreeing += 1;
        }
        match self.levels.get(levels) {
            None => self.passed.push(case.to_owned()),
            Some(level) => {
                self.misses.insert(case.to_owned(), format!("{level}: {why}"));
            }
        }
    }

    /// Counts a case with one level.
    pub fn check(&mut self, case: &str, outcome: Result<(), String>) {
        match outcome {
            Ok(()) => self.count(case, self.levels.len(), ""),
            Err(why) => self.count(case, 0, &why),
        }
    }

    /// Leaves a case out of the tally: it says nothing that can be compared.
    pub fn leave_out(&mut self) {
        self.aside += 1;
    }

    /// Prints the tally; panics when it and the list of known misses (`CASE  REASON` per line, `#` comments) disagree.
    pub fn finish(self, known: &str) {
        let known: BTreeMap<&str, &str> = known
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once(char::is_whitespace))
            .map(|(case, reason)| (case, reason.trim()))
            .collect();
        for (level, agreeing) in self.levels.iter().zip(&self.agreeing) {
            let (name, total, aside) = (&self.name, self.total, self.aside);
            println!("{MARK}{name} | {level} | {agreeing} | {total} | {aside}");
        }
        let is_known = |case: &str| known.get(case).is_some_and(|reason| !reason.is_empty());
        let new: Vec<String> = self
            .misses
            .iter()
            .filter(|(case, _)| !is_known(case))
            .map(|(case, why)| format!("{case} differs in {why}"))
            .collect();
        let agreeing: Vec<&String> = self.passed.iter().filter(|case| is_known(case)).collect();
        for miss in &new {
            println!("{miss}");
        }
        assert!(new.is_empty(), "{}: {} differ and are not listed", self.name, new.len());
        assert!(
            agreeing.is_empty(),
            "{}: listed as known misses, but agree: {agreeing:?}",
            self.name
        );
    }
}

#[cfg(test)]
mod tests {
    use super::Suite;

    fn suite() -> Suite {
        let mut suite = Suite::new("s", &["weak", "strong"]);
        suite.count("a", 2, "");
        suite.count("b", 1, "x");
        suite
    }

    #[test]
    fn lists_and_tallies_agree() {
        let outcome =
            |known: &'static str| std::panic::catch_unwind(|| suite().finish(known)).is_ok();
        assert!(outcome("# comment\nb  because\n"));
        assert!(outcome("b  because\nunseen  because\n"));
        assert!(!outcome(""), "a miss that is not listed");
        assert!(!outcome("b\n"), "a miss without a reason");
        assert!(!outcome("a  because\nb  because\n"), "a listed case that agrees");
    }
}
