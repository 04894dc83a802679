//! Script mode: the user's code, its Python environment, its variables and arguments.

mod code;
mod environment;
mod python;

pub(crate) use code::{bring, is_executable};
pub(crate) use environment::{Facts, arguments, decoded, variables};

use crate::Sagemaker;
use crate::job::Failure;
use crate::job::hosts::Host;
use crate::records::Job;
use runner::environments::{Environment, Recipe};
use runner::{JobFolder, JobSpec};
use serde_json::{Map, Value};
use service::Principal;
use std::path::Path;

/// The variable that names the Python environment.
const ENVIRONMENT: &str = "VIRTUAL_ENV";

/// What a host of the job runs.
#[derive(Debug, Default)]
pub(crate) struct Program {
    pub(crate) argv: Vec<String>,
    pub(crate) env: Vec<(String, String)>,
    /// As the job sees it.
    pub(crate) directory: Option<String>,
    /// Folder to put before the `PATH`.
    pub(crate) bin: Option<String>,
}

impl Program {
    /// Makes it what is to be run.
    pub(crate) fn put_into(self, spec: &mut JobSpec) {
        spec.argv = self.argv;
        spec.working_directory = self.directory.map(Into::into);
        spec.env.extend(self.env);
        if let (Some(hidden), Some(environment)) = (&mut spec.hidden, spec.env.get(ENVIRONMENT)) {
            hidden.shown.push(environment.into());
        }
        if let Some(bin) = self.bin {
            let rest = std::env::var("PATH").unwrap_or_default();
            spec.env.insert("PATH".to_owned(), format!("{bin}:{rest}"));
        }
    }
}

/// Whether a request brings a program of its own.
pub(crate) fn has_program(request: &Map<String, Value>) -> bool {
    let algorithm = request.get("AlgorithmSpecification").unwrap_or(&Value::Null);
    let hyperparameters = request.get("HyperParameters").unwrap_or(&Value::Null);
    algorithm.get("ContainerEntrypoint").is_some()
        || hyperparameters.get("sagemaker_program").is_some()
}

/// The words of `ContainerEntrypoint` or `ContainerArguments`.
pub(crate) fn words(job: &Job, member: &str) -> Option<Vec<String>> {
    let words = job.request.get("AlgorithmSpecification")?.get(member)?.as_array()?;
    Some(words.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

/// Brings the code, makes the environment, and answers what is to be run.
pub(crate) async fn prepare(
    service: &Sagemaker,
    principal: &Principal,
    job: &Job,
    host: &Host,
    folder: &JobFolder,
    packages: Vec<String>,
) -> Result<Program, Failure> {
    let hyperparameters = decoded(job.request.get("HyperParameters").unwrap_or(&Value::Null));
    let text = |name: &str| hyperparameters.get(name).and_then(Value::as_str);
    let source = folder.ml().join("code");
    if let Some(directory) = text("sagemaker_submit_directory").filter(|it| !it.is_empty()) {
        code::bring(service, principal, directory, folder).await?;
    }
    if let Some(entrypoint) = words(job, "ContainerEntrypoint") {
        let environment = environment_of(service, folder, &source, packages, false).await?;
        let arguments = words(job, "ContainerArguments").unwrap_or_default();
        let argv = entrypoint.into_iter().chain(arguments).collect();
        return Ok(program(&environment, argv));
    }
    let name = text("sagemaker_program").unwrap_or_default();
    code::check_name(name).map_err(Failure::client)?;
    if !source.join(name).is_file() && !source.join("setup.py").is_file() {
        return Err(Failure::client(code::missing(name, &source)));
    }
    // AWS: sagemaker-training-toolkit 5.1, _entry_point_type.py: only `.py` is Python's.
    let is_script = Path::new(name).extension().is_none_or(|it| it != "py");
    let is_package = !is_script && source.join("setup.py").is_file();
    let environment = environment_of(service, folder, &source, packages, is_package).await?;
    let python = environment.python.to_string_lossy().into_owned();
    let mut argv = if is_package {
        let module = name.strip_suffix(".py").unwrap_or(name).replace('/', ".");
        vec![python, "-m".to_owned(), module]
    } else if is_script {
        code::make_executable(&source.join(name)).map_err(Failure::internal)?;
        let run = "exec \"$0\" \"$@\"";
        vec!["/bin/sh".to_owned(), "-c".to_owned(), run.to_owned(), format!("./{name}")]
    } else {
        vec![python, name.to_owned()]
    };
    argv.extend(arguments(&hyperparameters));
    tracing::debug!(host = host.name, ?argv, "script");
    Ok(program(&environment, argv))
}

pub(crate) fn program(environment: &Environment, argv: Vec<String>) -> Program {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let plain = [
        ("PYTHONPATH", "/opt/ml/code"),
        // What a script prints is read at once, and it leaves nothing beside its code.
        ("PYTHONUNBUFFERED", "1"),
        ("PYTHONDONTWRITEBYTECODE", "1"),
        ("PYTHONIOENCODING", "UTF-8"),
    ];
    let mut env: Vec<_> =
        plain.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    env.push((ENVIRONMENT.to_owned(), text(&environment.folder)));
    Program {
        argv,
        env,
        directory: Some("/opt/ml/code".to_owned()),
        bin: Some(text(&environment.bin)),
    }
}

/// The environment of these packages and the source's requirements.
pub(crate) async fn environment_of(
    service: &Sagemaker,
    folder: &JobFolder,
    source: &Path,
    packages: Vec<String>,
    install_source: bool,
) -> Result<Environment, Failure> {
    let requirements = source.join("requirements.txt").is_file().then(|| "requirements.txt".into());
    let recipe = Recipe { packages, requirements, source: Some(source.to_owned()), install_source };
    let environment = service.environments.get(&recipe).await.map_err(|error| match error {
        runner::Error::NoPython { .. } | runner::Error::Environment { .. } => {
            Failure::client(error)
        }
        other => Failure::internal(other),
    })?;
    // What keeps the environment while the job is there.
    std::fs::write(folder.path().join("environment"), &environment.key)
        .map_err(Failure::internal)?;
    Ok(environment)
}

/// What a folder image runs: its executable `train`, or its `train.py` in an environment of its `requirements.txt`.
pub(crate) async fn prepare_folder(
    service: &Sagemaker,
    job: &Job,
    folder: &JobFolder,
    image: &Path,
) -> Result<Program, Failure> {
    let shown = image.display();
    if !image.is_dir() {
        return Err(Failure::client(format!("the image's folder {shown} is not there")));
    }
    let directory = Some(image.to_string_lossy().into_owned());
    let executable = image.join("train");
    let entrypoint = words(job, "ContainerEntrypoint");
    let arguments = words(job, "ContainerArguments");
    if entrypoint.is_some() || code::is_executable(&executable) {
        let mut argv =
            entrypoint.unwrap_or_else(|| vec![executable.to_string_lossy().into_owned()]);
        argv.extend(arguments.unwrap_or_else(|| vec!["train".to_owned()]));
        return Ok(Program { argv, directory, ..Program::default() });
    }
    if image.join("train.py").is_file() {
        let environment = environment_of(service, folder, image, Vec::new(), false).await?;
        let script = image.join("train.py").to_string_lossy().into_owned();
        let mut program =
            program(&environment, vec![environment.python.to_string_lossy().into_owned(), script]);
        program.argv.extend(arguments.unwrap_or_default());
        program.directory = directory;
        return Ok(program);
    }
    let hint = if executable.is_file() {
        "its train is not executable (chmod +x train)"
    } else {
        "it has neither an executable train nor a train.py"
    };
    Err(Failure::client(format!("the folder {shown} cannot be run: {hint}")))
}
