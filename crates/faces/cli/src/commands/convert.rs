//! `refit convert DIR`: a program in Python or TypeScript as Pulumi YAML.

use crate::grammar::{Convert, Global};
use crate::report::{Done, Failure};
use std::process::ExitCode;

/// Prints it, or writes it; a file that is there is not written over.
pub(crate) fn run(global: &Global, arguments: &Convert) -> Done {
    let (text, notes) = match check::convert(&arguments.directory) {
        Ok(converted) => converted,
        Err(check::Error::Unconverted { places }) => {
            let noun = if places.len() == 1 { "place" } else { "places" };
            let failure = Failure::new(format!("not converted: {} {noun}", places.len()))
                .hint("the program is read, not run; write these values down, then convert again");
            return Err(places.iter().fold(failure, Failure::detail));
        }
        Err(error) => return Err(error.into()),
    };
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
        return Err(Failure::new(format!("{} is there already", file.display()))
            .hint("name another directory with --out; nothing was written"));
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
