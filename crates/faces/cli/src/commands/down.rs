//! `refit down [DIR]`: removes everything that a project deployed.

use crate::follow::Screen;
use crate::grammar::{Down, Global};
use crate::home::Home;
use crate::project::{
    Loaded, Shown, cancel_on_interrupt, done_counts, expect, failure, load, planned_counts,
    summary_json,
};
use crate::report::Done;
use std::process::ExitCode;

/// Removes it. Removing what was never deployed, or is gone already, is fine.
pub(crate) async fn run(global: &Global, arguments: &Down) -> Done {
    let home = Home::locate(global.data.as_deref())?;
    crate::project::open(arguments.project.directory())?;
    let mut loaded = load(&home, &arguments.project, &arguments.work, &[]).await?;
    let mut screen = Screen::new(global.json);
    screen.line(format!("target   {}", loaded.place.title));
    screen.line(format!("stack    {}-{}", loaded.project.name(), loaded.options.stack));
    cancel_on_interrupt(&loaded.options.cancel);
    if arguments.dry_run {
        loaded.options.shows_calls = true;
        return dry(global, arguments, &loaded, screen).await;
    }
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

/// Shows what would be removed, and by which calls.
async fn dry(global: &Global, arguments: &Down, loaded: &Loaded, mut screen: Screen) -> Done {
    let mut shown = Shown::new(&mut screen, true).in_full(arguments.work.diff);
    let summary = match loaded.project.preview_destroy(&loaded.options, &mut shown).await {
        Err(stack::Error::NoStack { .. }) => stack::Summary::default(),
        other => other.map_err(failure)?,
    };
    if global.json {
        anstream::println!("{}", shown.with_calls(summary_json(&summary)));
    }
    screen.line(planned_counts(&summary));
    expect(&arguments.work, &summary)?;
    Ok(ExitCode::SUCCESS)
}
