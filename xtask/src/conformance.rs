//! `cargo xtask conformance`: recorded AWS behaviour against this code, as one table.

use crate::run;

/// The crates that have recordings to agree with.
const CRATES: [&str; 6] = ["asl", "calendar", "engine", "pattern", "states", "wire"];

/// What the suites' lines begin with, as `tests/recordings` prints them.
const MARK: &str = "conformance: ";

/// One level of one file: how many cases agree.
struct Row {
    suite: String,
    level: String,
    agreeing: usize,
    total: usize,
    left_out: usize,
}

/// Runs every suite and prints its tallies; fails when a case differs that is not listed, or a listed one agrees.
pub(crate) fn conformance() -> Result<(), String> {
    let mut arguments = vec!["test", "--quiet", "--no-fail-fast"];
    for name in CRATES {
        arguments.extend(["--package", name]);
    }
    arguments.extend(["conformance", "--", "--nocapture"]);
    let (lines, outcome) = run::lines("cargo", &arguments)?;
    let rows: Vec<Row> = lines.iter().filter_map(|line| parse(line)).collect();
    for line in lines.iter().filter(|line| tells(line)) {
        println!("{line}");
    }
    if rows.is_empty() {
        println!("no recordings beside the repository: nothing checked");
    } else {
        print(&rows);
    }
    outcome
}

/// Whether a line says what differs.
fn tells(line: &str) -> bool {
    line.contains(" differs in ") || line.contains("known misses") || line.contains("not listed")
}

fn parse(line: &str) -> Option<Row> {
    // Test runners print their dots on the same line.
    let (_, row) = line.split_once(MARK)?;
    let mut cells = row.split('|').map(str::trim);
    let mut text = || cells.next().map(str::to_owned);
    let (suite, level) = (text()?, text()?);
    let mut number = || cells.next()?.parse().ok();
    Some(Row { suite, level, agreeing: number()?, total: number()?, left_out: number()? })
}

fn print(rows: &[Row]) {
    let width = rows.iter().map(|row| row.suite.len()).max().unwrap_or_default();
    let level_width = rows.iter().map(|row| row.level.len()).max().unwrap_or_default();
    println!("{:width$}  {:level_width$}  agree     of       %  left out", "file", "level");
    for row in rows {
        let percent = row.agreeing as f64 * 100.0 / row.total.max(1) as f64;
        let left_out = if row.left_out == 0 { String::new() } else { row.left_out.to_string() };
        println!(
            "{:width$}  {:level_width$}  {:5}  {:5}  {percent:6.2}  {left_out:>8}",
            row.suite, row.level, row.agreeing, row.total
        );
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn reads_tallies_behind_dots() {
        let row = parse("..conformance: executions | outcome | 241 | 252 | 3").unwrap();
        assert_eq!(
            (row.suite.as_str(), row.level.as_str(), row.agreeing, row.total, row.left_out),
            ("executions", "outcome", 241, 252, 3)
        );
        assert!(parse("test result: ok").is_none());
    }
}
