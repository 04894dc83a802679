//! `refit import TYPE NAME ID`: takes a resource that exists into a stack.

use crate::follow::Screen;
use crate::grammar::{Global, Import, Project, Work};
use crate::home::Home;
use crate::project::{Shown, cancel_on_interrupt, counts, failure, load, summary_json};
use crate::report::{Done, Failure};
use stack::Operation;
use std::process::ExitCode;

/// Takes it in.
pub(crate) async fn run(global: &Global, arguments: &Import) -> Done {
    let home = Home::locate(global.data.as_deref())?;
    let project = Project {
        dir: None,
        cwd: arguments.cwd.clone(),
        stack: arguments.stack.clone(),
        config: arguments.config.clone(),
        target: arguments.target.clone(),
    };
    crate::project::open(project.directory())?;
    let work = Work { message: arguments.message.clone(), ..Work::usual() };
    let loaded = load(&home, &project, &work, &[]).await?;
    let mut screen = Screen::new(global.json);
    screen.line(format!("target   {}", loaded.place.title));
    screen.line(format!("import   {}-{}", loaded.project.name(), loaded.options.stack));
    cancel_on_interrupt(&loaded.options.cancel);
    let what = stack::Import {
        resource_type: arguments.resource_type.clone(),
        name: arguments.name.clone(),
        id: arguments.id.clone(),
        protect: arguments.protect,
        parent: arguments.parent.clone(),
    };
    let mut shown = Shown::new(&mut screen, false);
    let imported = loaded.project.import(&loaded.options, &what, &mut shown).await;
    let imported = imported.map_err(failure)?;
    if let Some(file) = &arguments.out {
        std::fs::write(file, &imported.yaml).map_err(|error| {
            Failure::new(format!("cannot write {}", file.display())).because(error)
        })?;
    }
    if global.json {
        let mut summary = summary_json(&imported.summary);
        summary["yaml"] = imported.yaml.into();
        anstream::println!("{summary}");
        return Ok(ExitCode::SUCCESS);
    }
    screen.line(counts(&imported.summary, |operation| match operation {
        Operation::Import => "imported",
        other => other.word(),
    }));
    if arguments.out.is_none() {
        screen.line("\nThe program needs it now, below `resources`:\n".to_owned());
        anstream::print!("{}", imported.yaml);
    }
    Ok(ExitCode::SUCCESS)
}
