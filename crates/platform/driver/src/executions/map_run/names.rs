//! Names of children: which run, which number.
//!
//! A name is written as a UUID: its first 18 characters are the run's tag, the rest is the child's number.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// Length of a tag.
const TAG: usize = 18;

/// The tag of a run: what the names of its children begin with.
pub(crate) fn tag(map_run_arn: &str) -> String {
    let bytes = Sha256::digest(map_run_arn);
    let hex = hex::encode(&bytes[..8]);
    // Version 8: a UUID whose content is its maker's business.
    format!("{}-{}-8{}", &hex[..8], &hex[8..12], &hex[12..15])
}

/// The name of a child.
pub(crate) fn child_name(tag: &str, index: u64) -> String {
    let mut name = String::with_capacity(36);
    let (high, low) = ((index >> 48) & 0x3fff, index & 0xffff_ffff_ffff);
    write!(name, "{tag}-{:04x}-{low:012x}", high | 0x8000).expect("a string takes all");
    name
}

/// The tag and number of a child by its name; none when it is no name of a child.
fn read_name(name: &str) -> Option<(&str, u64)> {
    let (tag, rest) = (name.get(..TAG)?, name.get(TAG..)?);
    let (high, low) = rest.strip_prefix('-')?.split_once('-')?;
    if name.len() != 36 || high.len() != 4 || low.len() != 12 {
        return None;
    }
    let high = u64::from_str_radix(high, 16).ok()?.checked_sub(0x8000)?;
    let low = u64::from_str_radix(low, 16).ok()?;
    (high < 0x4000).then_some((tag, (high << 48) | low))
}

/// The tag and number of a child by its ARN; none when it is the ARN of no child.
pub(crate) fn child_of(execution_arn: &str) -> Option<(&str, u64)> {
    let mut parts = execution_arn.split(':').skip(6);
    let machine = parts.next()?;
    if !machine.contains('/') {
        return None;
    }
    read_name(parts.next()?)
}

/// Whether an execution is a child of a run.
pub(crate) fn is_child(execution_arn: &str) -> bool {
    child_of(execution_arn).is_some()
}

/// The ARN of the state machine that the children of a run belong to.
pub(crate) fn machine_arn(map_run_arn: &str) -> String {
    let (run, _) = map_run_arn.rsplit_once(':').unwrap_or((map_run_arn, ""));
    run.replacen(":mapRun:", ":stateMachine:", 1)
}

/// What the ARN of a child has before its name, and after it.
// AWS: as documented; of Express children UNVERIFIED, as those of Express machines.
pub(crate) fn child_arn(machine_arn: &str, express: bool, map_run_uuid: &str) -> (String, String) {
    if express {
        let executions = machine_arn.replacen(":stateMachine:", ":express:", 1);
        (format!("{executions}:"), format!(":{map_run_uuid}"))
    } else {
        let executions = machine_arn.replacen(":stateMachine:", ":execution:", 1);
        (format!("{executions}:"), String::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_whose_child_it_is() {
        let run = "arn:aws:states:eu-west-1:000000000000:mapRun:m/label:0a1b";
        let tag = tag(run);
        assert_eq!(tag.len(), TAG);
        let machine = machine_arn(run);
        assert_eq!(machine, "arn:aws:states:eu-west-1:000000000000:stateMachine:m/label");
        for index in [0, 1, 999_999, (1 << 48) + 7, (1 << 62) - 1] {
            let name = child_name(&tag, index);
            for express in [false, true] {
                let (before, after) = child_arn(&machine, express, "0a1b");
                let arn = format!("{before}{name}{after}");
                assert_eq!(child_of(&arn), Some((&*tag, index)), "{arn}");
            }
        }
        for other in ["", "arn:aws:states:r:a:execution:m:n", "arn:aws:states:r:a:execution:m/l:é"]
        {
            assert_eq!(child_of(other), None, "{other}");
        }
    }
}
