//! `refit convert DIR`: a program in Python or TypeScript as Pulumi YAML.

use crate::grammar::{Convert, Global};
use crate::home::Home;
use crate::project::{failure, open, pairs, stack_name};
use crate::report::{Done, Failure};
use stack::{Conversion, Converted, Error};
use std::process::ExitCode;

/// Prints it, or writes it; a file that is there is not written over.
pub(crate) async fn run(global: &Global, arguments: &Convert) -> Done {
    if let Some(out) = arguments.out.as_ref().filter(|out| out.join("Pulumi.yaml").exists()) {
        return Err(taken(&out.join("Pulumi.yaml")));
    }
    let (text, notes) = if arguments.without_running {
        read(arguments)?
    } else {
        let Converted { yaml, notes } = plan(global, arguments).await?;
        (yaml, notes)
    };
    show(global, arguments, &text, notes)
}

/// Out of the program's plan: it is run as for a preview, and nothing is asked of AWS.
async fn plan(global: &Global, arguments: &Convert) -> Result<Converted, Failure> {
    let home = Home::locate(global.data.as_deref())?;
    let project = open(&arguments.directory)?;
    let how = Conversion {
        stack: stack_name(&home, &project, &arguments.stack),
        config: pairs(&arguments.config)?,
        passphrase: std::env::var("PULUMI_CONFIG_PASSPHRASE").ok(),
        state_root: home.stacks(),
        say: &|line| anstream::eprintln!("  {line}"),
    };
    project.convert(&how).await.map_err(|error| {
        let Error::Invalid { diagnostics } = &error else { return failure(error) };
        let noun = if diagnostics.len() == 1 { "place" } else { "places" };
        let failure = Failure::new(format!("not converted: {} {noun}", diagnostics.len()));
        diagnostics.iter().fold(failure, |failure, found| failure.detail(found.to_string()))
    })
}

/// Out of the program's text.
fn read(arguments: &Convert) -> Result<(String, Vec<String>), Failure> {
    match check::convert(&arguments.directory) {
        Ok(converted) => Ok(converted),
        Err(check::Error::Unconverted { places }) => {
            let noun = if places.len() == 1 { "place" } else { "places" };
            let failure = Failure::new(format!("not converted: {} {noun}", places.len())).hint(
                "the program was read, not run: leave --without-running out, or write these values down",
            );
            Err(places.iter().fold(failure, Failure::detail))
        }
        Err(error) => Err(error.into()),
    }
}

fn taken(file: &std::path::Path) -> Failure {
    Failure::new(format!("{} is there already", file.display()))
        .hint("name another directory with --out; nothing was written")
}

fn show(global: &Global, arguments: &Convert, text: &str, notes: Vec<String>) -> Done {
    let Some(out) = &arguments.out else {
        if global.json {
            anstream::println!("{}", serde_json::json!({"yaml": text, "notes": notes}));
        } else {
            anstream::print!("{text}");
            for note in notes {
                anstream::eprintln!("note: {note}");
            }
        }
        return Ok(ExitCode::SUCCESS);
    };
    let file = out.join("Pulumi.yaml");
    if file.exists() {
        return Err(taken(&file));
    }
    std::fs::create_dir_all(out)?;
    std::fs::write(&file, text)
        .map_err(|error| Failure::new(format!("cannot write {}", file.display())).because(error))?;
    if global.json {
        anstream::println!("{}", serde_json::json!({"file": file, "notes": notes}));
        return Ok(ExitCode::SUCCESS);
    }
    anstream::println!("wrote    {}", file.display());
    for note in notes {
        anstream::println!("note     {note}");
    }
    anstream::println!(
        "note     files that the program names are looked for beside the new one: copy them"
    );
    Ok(ExitCode::SUCCESS)
}
