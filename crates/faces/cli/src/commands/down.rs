//! `refit down [DIR]`: removes everything that a project deployed.

use crate::follow::Screen;
use crate::grammar::{Down, Global};
use crate::home::Home;
use crate::project::{
    Shown, cancel_on_interrupt, done_counts, expect, failure, load, summary_json,
};
use crate::report::Done;
use std::process::ExitCode;

/// Removes it. Removing what was never deployed, or is gone already, is fine.
pub(crate) async fn run(global: &Global, arguments: &Down) -> Done {
    let home = Home::locate(global.data.as_deref())?;
    crate::project::open(arguments.project.directory())?;
    let loaded = load(&home, &arguments.project, &arguments.work, &[]).await?;
    let mut screen = Screen::new(global.json);
    screen.line(format!("target   {}", loaded.place.title));
    screen.line(format!("stack    {}-{}", loaded.project.name(), loaded.options.stack));
    cancel_on_interrupt(&loaded.options.cancel);
    let mut shown = Shown::new(&mut screen, false);
    let summary = match loaded.project.destroy(&loaded.options, &mut shown).await {
        Err(stack::Error::NoStack { .. }) => stack::Summary::default(),
        other => other.map_err(failure)?,
    };
    if global.json {
        anstream::println!("{}", summary_json(&summary));
    }
    screen.line(format!(
        "stack    {} in {:.1} s",
        done_counts(&summary),
        summary.took.as_secs_f64()
    ));
    expect(&arguments.work, &summary)?;
    if arguments.remove {
        match loaded.project.remove_stack(&loaded.options, false, true) {
            Ok(()) | Err(stack::Error::NoStack { .. }) => {}
            Err(error) => return Err(failure(error)),
        }
        screen.line(format!("stack    {} removed", loaded.options.stack));
    }
    Ok(ExitCode::SUCCESS)
}
