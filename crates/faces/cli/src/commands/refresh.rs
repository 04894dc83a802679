//! `refit refresh [DIR]`: brings what is known of deployed resources up to date.

use crate::follow::Screen;
use crate::grammar::{Global, Refresh};
use crate::home::Home;
use crate::project::{Shown, cancel_on_interrupt, counts, expect, failure, load, summary_json};
use crate::report::Done;
use stack::Operation;
use std::process::ExitCode;

/// Reads everything again.
pub(crate) async fn run(global: &Global, arguments: &Refresh) -> Done {
    let home = Home::locate(global.data.as_deref())?;
    crate::project::open(arguments.project.directory())?;
    let loaded = load(&home, &arguments.project, &arguments.work, &[]).await?;
    let mut screen = Screen::new(global.json);
    screen.line(format!("target   {}", loaded.place.title));
    screen.line(format!("refresh  {}-{}", loaded.project.name(), loaded.options.stack));
    cancel_on_interrupt(&loaded.options.cancel);
    let mut shown = Shown::new(&mut screen, arguments.preview_only);
    let summary = if arguments.preview_only {
        loaded.project.preview_refresh(&loaded.options, &mut shown).await
    } else {
        loaded.project.refresh(&loaded.options, &mut shown).await
    };
    let summary = summary.map_err(failure)?;
    if global.json {
        anstream::println!("{}", summary_json(&summary));
    }
    screen.line(counts(&summary, |operation| match operation {
        Operation::Same => "unchanged",
        Operation::Update => "changed elsewhere",
        Operation::Forget => "gone",
        other => other.word(),
    }));
    expect(&arguments.work, &summary)?;
    Ok(ExitCode::SUCCESS)
}
