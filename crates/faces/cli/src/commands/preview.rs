//! `refit preview [DIR]`: what `up` would change, and by which calls.

use crate::commands::check::{Gate, before};
use crate::follow::Screen;
use crate::grammar::{Global, Preview};
use crate::home::Home;
use crate::project::{
    Shown, cancel_on_interrupt, expect, failure, load, open, planned_counts, summary_json,
};
use crate::report::Done;
use std::process::ExitCode;

/// Shows it.
pub(crate) async fn run(global: &Global, arguments: &Preview) -> Done {
    let home = Home::locate(global.data.as_deref())?;
    open(arguments.project.directory())?;
    before(arguments.project.directory(), global.json, Gate::Open)?;
    let mut loaded = load(&home, &arguments.project, &arguments.work, &arguments.replace).await?;
    loaded.options.shows_calls = arguments.calls;
    let mut screen = Screen::new(global.json);
    screen.line(format!("target   {}", loaded.place.title));
    screen.line(format!("preview  {}-{}", loaded.project.name(), loaded.options.stack));
    cancel_on_interrupt(&loaded.options.cancel);
    let mut shown = Shown::new(&mut screen, true).in_full(arguments.work.diff);
    let summary = loaded.project.preview(&loaded.options, &mut shown).await.map_err(failure)?;
    if global.json {
        anstream::println!("{}", shown.with_calls(summary_json(&summary)));
    }
    screen.line(planned_counts(&summary));
    expect(&arguments.work, &summary)?;
    Ok(ExitCode::SUCCESS)
}
