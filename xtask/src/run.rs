//! Running other programs and reading what they print.

use crate::tally::Tally;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// Runs a program; an exit status other than 0 is an error.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Result<(), String> {
    eprintln!("+ {program} {}", arguments.join(" "));
    let status = Command::new(program)
        .args(arguments)
        .status()
        .map_err(|error| format!("{program} cannot be started: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{program} {} failed", arguments.join(" "))) }
}

/// Runs a test runner, passes its output on, and counts what it says passed and failed. The inner result is its status.
pub(crate) fn tallied(
    program: &str,
    arguments: &[&str],
) -> Result<(Tally, Result<(), String>), String> {
    let mut tally = Tally::default();
    let outcome = piped(program, arguments, |line| {
        println!("{line}");
        tally.read(line);
    })?;
    Ok((tally, outcome))
}

/// Runs a program for the lines it prints, which are not passed on. The inner result is its status.
pub(crate) fn lines(
    program: &str,
    arguments: &[&str],
) -> Result<(Vec<String>, Result<(), String>), String> {
    let mut lines = Vec::new();
    let outcome = piped(program, arguments, |line| lines.push(line.to_owned()))?;
    Ok((lines, outcome))
}

fn piped(
    program: &str,
    arguments: &[&str],
    mut each: impl FnMut(&str),
) -> Result<Result<(), String>, String> {
    eprintln!("+ {program} {}", arguments.join(" "));
    let mut child = Command::new(program)
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{program} cannot be started: {error}"))?;
    let output = child.stdout.take().ok_or("no output to read")?;
    for line in BufReader::new(output).lines() {
        each(&line.map_err(|error| error.to_string())?);
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    if status.success() {
        Ok(Ok(()))
    } else {
        Ok(Err(format!("{program} {} failed", arguments.join(" "))))
    }
}
