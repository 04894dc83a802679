//! How fast refit is on this machine, beside what the machine itself can do: `cargo xtask bench`.
//!
//! Everything that is durable in the product is durable here: SQLite with its default settings, in a folder of the disk
//! that is measured first. Rows of the engine run in this process, over the same driver and store as the server; rows of
//! HTTP run against the release binary, whose processor time and memory are read from `/proc`.

mod definitions;
mod distributed;
mod driven;
mod http;
mod linear;
mod machine;
mod server;
mod serving;
mod table;
mod waiting;

use std::path::PathBuf;
use std::process::ExitCode;
use table::Table;

/// As the server has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const HELP: &str = "\
bench [--only SECTION]... [--waiting NUMBER] [--folder DIR] [--binary FILE]

  --only SECTION    machine, definitions, engine, serving, start, waiting, linear, distributed; all when absent.
                    engine/loop, engine/pass, engine/task, engine/activity, engine/map, engine/history: one row
  --waiting NUMBER  how many executions wait in section waiting (1000000)
  --folder DIR      where data directories are made (target/bench)
  --binary FILE     the refit to measure (beside this program)
";

/// What to measure and where.
pub(crate) struct Plan {
    only: Vec<String>,
    pub(crate) waiting: usize,
    pub(crate) folder: PathBuf,
    pub(crate) binary: PathBuf,
}

impl Plan {
    fn read() -> Option<Self> {
        let own = std::env::current_exe().ok()?;
        let mut plan = Self {
            only: Vec::new(),
            waiting: 1_000_000,
            folder: own.parent()?.parent()?.join("bench"),
            binary: own.with_file_name("refit"),
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let value = arguments.next()?;
            match argument.as_str() {
                "--only" => plan.only.push(value),
                "--waiting" => plan.waiting = value.parse().ok()?,
                "--folder" => plan.folder = value.into(),
                "--binary" => plan.binary = value.into(),
                _ => return None,
            }
        }
        Some(plan)
    }

    /// Whether a section is to be measured, or one row of it (`engine/tasks`).
    fn wants(&self, section: &str) -> bool {
        let is_it = |only: &String| only.split('/').next() == Some(section);
        self.only.is_empty() || self.only.iter().any(is_it)
    }

    /// Whether a row of a section is to be measured.
    pub(crate) fn wants_row(&self, section: &str, row: &str) -> bool {
        let is_it = |only: &String| match only.split_once('/') {
            Some((of, wanted)) => of == section && wanted == row,
            None => only == section,
        };
        self.only.is_empty() || self.only.iter().any(is_it)
    }

    /// A folder that is empty now.
    pub(crate) fn fresh(&self, name: &str) -> PathBuf {
        let folder = self.folder.join(name);
        let _nothing_there = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("the folder of --folder can be written");
        folder
    }
}

/// Measures a section.
type Measure = fn(&Plan, &machine::Limits, &mut Table);

fn main() -> ExitCode {
    let Some(plan) = Plan::read() else {
        eprint!("{HELP}");
        return ExitCode::from(2);
    };
    let mut table = Table::default();
    let limits = machine::measure(&plan, &mut table);
    let sections: [(&str, Measure); 7] = [
        ("definitions", definitions::measure),
        ("engine", driven::measure),
        ("start", server::measure_start),
        ("serving", serving::measure),
        ("waiting", waiting::measure),
        ("linear", linear::measure),
        ("distributed", distributed::measure),
    ];
    for (name, measure) in sections {
        if plan.wants(name) {
            table.section(name);
            measure(&plan, &limits, &mut table);
        }
    }
    let _left_behind = std::fs::remove_dir_all(&plan.folder);
    table.summary();
    ExitCode::SUCCESS
}
