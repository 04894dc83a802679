//! How many tests passed, failed and were skipped, over several runners.

use std::fmt;

/// A sum over runners.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl Tally {
    /// Adds what a closing line of cargo test or pytest says; other lines count nothing.
    pub(crate) fn read(&mut self, line: &str) {
        let line = line.trim().trim_matches('=').trim();
        let is_cargo = line.starts_with("test result: ");
        // Beyond a minute pytest adds the time in hours, minutes and seconds.
        let timed = line.split(" (").next().unwrap_or(line);
        let is_pytest =
            timed.contains(" in ") && timed.ends_with('s') && !line.contains("test result");
        if !is_cargo && !is_pytest {
            return;
        }
        let words: Vec<&str> = line.split([' ', ',', ';', '.']).filter(|w| !w.is_empty()).collect();
        for pair in words.windows(2) {
            let [number, what] = pair else { continue };
            let Ok(number) = number.parse::<u64>() else { continue };
            match *what {
                "passed" => self.passed += number,
                "failed" | "error" | "errors" => self.failed += number,
                "ignored" | "skipped" => self.skipped += number,
                _ => {}
            }
        }
    }

    /// Adds another runner's tally.
    pub(crate) fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn reads_closing_lines() {
        let mut tally = Tally::default();
        for line in [
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.02s",
            "===== 3 failed, 9 passed, 2 skipped in 4.51s =====",
            "5 passed in 91.13s (0:01:31)",
            "running 12 tests in 3 files",
        ] {
            tally.read(line);
        }
        assert_eq!(tally.to_string(), "26 passed, 3 failed, 3 skipped");
    }
}
