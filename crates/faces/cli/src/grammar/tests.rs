//! The reference of the commands is what their help says.

use super::Cli;
use clap::CommandFactory;
use std::fmt::Write;
use std::path::Path;

/// `docs/reference/commands.md` is this; `UPDATE=1 cargo test -p refit` writes it again.
fn reference() -> String {
    let mut text =
        "# Commands\n\nWhat `refit --help` and `refit COMMAND --help` print.\n".to_owned();
    let mut root = Cli::command().term_width(100);
    root.build();
    write!(text, "\n## refit\n\n```\n{}\n```\n", root.render_help().to_string().trim()).unwrap();
    for command in root.get_subcommands_mut().filter(|command| !command.is_hide_set()) {
        let name = command.get_name().to_owned();
        if name == "help" {
            continue;
        }
        let help = command.render_help().to_string();
        write!(text, "\n## refit {name}\n\n```\n{}\n```\n", help.trim()).unwrap();
        for below in command.get_subcommands_mut().filter(|below| below.get_name() != "help") {
            let help = below.render_help().to_string();
            let below = below.get_name();
            write!(text, "\n### refit {name} {below}\n\n```\n{}\n```\n", help.trim()).unwrap();
        }
    }
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn the_reference_is_up_to_date() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/reference/commands.md");
    let reference = reference();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, &reference).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(written, reference, "UPDATE=1 cargo test -p refit writes it again");
}
