//! `refit up [DIR] [--run]`: deploys a project, and runs its retraining.

use crate::commands::check::{Gate, before};
use crate::commands::preview;
use crate::commands::run::start_and_follow;
use crate::commands::status::next_firings;
use crate::follow::Screen;
use crate::grammar::{Global, Preview, Up};
use crate::home::Home;
use crate::project::{
    Shown, cancel_on_interrupt, done_counts, expect, failure, load, summary_json,
};
use crate::report::{Done, Failure};
use crate::target::{Place, Reached};
use std::process::ExitCode;

/// Deploys; then, if asked, runs.
pub(crate) async fn run(global: &Global, arguments: &Up) -> Done {
    if arguments.dry_run {
        return preview::run(global, &arguments.preview()).await;
    }
    let home = Home::locate(global.data.as_deref())?;
    crate::project::open(arguments.project.directory())?;
    let directory = arguments.project.directory();
    let is_here = arguments.project.target.place()? == Place::Here;
    let gate = match (arguments.no_check, is_here) {
        (true, _) => Gate::Open,
        (false, true) => Gate::Here,
        (false, false) => Gate::Aws,
    };
    before(directory, global.json, gate)?;
    let mut screen = Screen::new(global.json);
    let loaded = load(&home, &arguments.project, &arguments.work, &arguments.replace).await?;
    screen.line(format!("target   {}", loaded.place.title));
    screen.line(format!("stack    {}-{}", loaded.project.name(), loaded.options.stack));
    cancel_on_interrupt(&loaded.options.cancel);
    let mut shown = Shown::new(&mut screen, false);
    let summary = loaded.project.up(&loaded.options, &mut shown).await.map_err(failure)?;
    if global.json {
        anstream::println!("{}", summary_json(&summary));
    }
    screen.line(format!(
        "stack    {} in {:.1} s",
        done_counts(&summary),
        summary.took.as_secs_f64()
    ));
    for (name, value) in &summary.outputs {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        screen.line(format!("  {name:<18} {text}"));
    }
    expect(&arguments.work, &summary)?;
    if !arguments.run {
        next(&loaded.place, None, &mut screen).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let machines = loaded.project.scheduled_state_machines(&loaded.options).map_err(failure)?;
    let machine = match machines.as_slice() {
        [one] => one,
        [] => {
            return Err(Failure::new("the project has no state machine to run"));
        }
        several => {
            return Err(Failure::new(format!(
                "the project has {} state machines to run",
                several.len()
            ))
            .hint(format!("run one of them: refit run {}", several.join(" or refit run "))));
        }
    };
    let code =
        start_and_follow(&loaded.place.client, machine, None, "{}", &mut screen, global.json)
            .await?;
    next(&loaded.place, Some(machine), &mut screen).await?;
    Ok(code)
}

/// Says when the schedule fires next, which refit's own server can tell.
async fn next(place: &Reached, machine: Option<&str>, screen: &mut Screen) -> Result<(), Failure> {
    if !place.is_here {
        return Ok(());
    }
    for firing in next_firings(&place.client, machine).await? {
        screen.line(format!("next     {}", firing.text()));
    }
    Ok(())
}

impl Up {
    /// The same as a preview with all calls.
    fn preview(&self) -> Preview {
        Preview {
            project: self.project.clone(),
            calls: true,
            work: self.work.clone(),
            replace: self.replace.clone(),
        }
    }
}
