//! Virtual environments: the project's own, or one that is kept by the content of its requirements.

use super::{Interpreter, Workshop, on_path};
use crate::diagnostic::Diagnostic;
use crate::hosts::project::PythonOptions;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// Written into an environment when everything is in it.
const COMPLETE: &str = ".refit-complete";
/// What a program without requirements gets.
const USUAL: &str = "pulumi>=3,<4\npulumi-aws>=6,<8\n";
/// How deep requirement files may name others.
const MAX_DEPTH: usize = 8;
/// Prints the requirements of a `pyproject.toml`.
const READ_PYPROJECT: &str = "\
import sys
try:
    import tomllib
except ImportError:
    from pip._vendor import tomli as tomllib
with open(sys.argv[1], 'rb') as file:
    project = tomllib.load(file).get('project', {})
print('\\n'.join(project.get('dependencies', [])))
";
const NETWORK_HINT: &str =
    "look at the requirements and at the network; the same command goes on from here";

/// What is to be in an environment.
enum Requirements {
    /// A file, given to pip as it is.
    File(PathBuf),
    /// `pyproject.toml`
    Project(PathBuf),
    /// Nothing is named.
    Usual,
}

impl Workshop<'_> {
    pub(super) async fn python(
        &self,
        options: &PythonOptions,
    ) -> Result<Interpreter, Box<Diagnostic>> {
        let root = &self.project.root;
        let own = options.virtualenv.as_ref().map(|folder| root.join(folder));
        let own = own.or_else(|| {
            let usual = root.join(".venv");
            (options.has_uv && (usual.is_dir() || root.join("uv.lock").is_file())).then_some(usual)
        });
        if let Some(folder) = own {
            return self.own_environment(&folder, options).await;
        }
        let requirements = self.requirements();
        let base = base_python()?;
        if matches!(requirements, Requirements::Usual) && self.has_pulumi(&base).await? {
            return Ok(interpreter(base, None));
        }
        let key = self.key(&base, &requirements).await?;
        let folder = self.environments.join(format!("python-{key}"));
        let _lock = self.lock(&folder).await?;
        if !folder.join(COMPLETE).is_file() {
            let _ = std::fs::remove_dir_all(&folder);
            self.make(&base, &folder).await?;
            self.install(&folder, &requirements).await?;
            std::fs::write(folder.join(COMPLETE), "")
                .map_err(|error| unwritable(&folder, &error))?;
        }
        Ok(interpreter(folder.join("bin/python"), Some(&folder)))
    }

    /// The project's own environment. It is made when it is not there, and left alone otherwise.
    async fn own_environment(
        &self,
        folder: &Path,
        options: &PythonOptions,
    ) -> Result<Interpreter, Box<Diagnostic>> {
        let python = folder.join("bin/python");
        if !python.is_file() {
            let uv = on_path("uv").filter(|_| options.has_uv);
            if let Some(uv) = uv.filter(|_| self.project.root.join("pyproject.toml").is_file()) {
                (self.say)("environment  uv sync");
                let mut command = Command::new(&uv);
                command.arg("sync").current_dir(&self.project.root);
                command.env("UV_PROJECT_ENVIRONMENT", folder);
                self.must(command, &uv, "make the environment with uv", NETWORK_HINT).await?;
            } else {
                let base = base_python()?;
                self.make(&base, folder).await?;
                if let Err(why) = self.install(folder, &self.requirements()).await {
                    // Half an environment would be taken for a whole one the next time.
                    let _ = std::fs::remove_dir_all(folder);
                    return Err(why);
                }
            }
        }
        Ok(interpreter(python, Some(folder)))
    }

    fn requirements(&self) -> Requirements {
        let (pwd, _) = self.project.entry();
        let find = |name: &str| {
            [&pwd, &self.project.root]
                .into_iter()
                .map(|folder| folder.join(name))
                .find(|f| f.is_file())
        };
        find("requirements.txt")
            .map(Requirements::File)
            .or_else(|| find("pyproject.toml").map(Requirements::Project))
            .unwrap_or(Requirements::Usual)
    }

    async fn has_pulumi(&self, python: &Path) -> Result<bool, Box<Diagnostic>> {
        let mut command = Command::new(python);
        let look = "import importlib.util as u, sys; sys.exit(not (u.find_spec('pulumi') and u.find_spec('pulumi_aws')))";
        command.args(["-c", look]).current_dir(&self.project.root);
        Ok(self.run(command, python).await?.is_success)
    }

    /// What an environment is kept by: the Python, and everything that says what is in it.
    async fn key(
        &self,
        base: &Path,
        requirements: &Requirements,
    ) -> Result<String, Box<Diagnostic>> {
        let mut command = Command::new(base);
        command.args(["-c", "import sys; print(sys.version, sys.base_prefix)"]);
        let hint = "look whether it runs";
        let version = self.must(command, base, "ask Python for its version", hint).await?.text;
        let mut hasher = Sha256::new();
        hasher.update(version);
        match requirements {
            Requirements::File(path) => hash_requirements(path, &mut hasher, 0),
            Requirements::Project(path) => {
                hasher.update(std::fs::read(path).unwrap_or_default());
            }
            Requirements::Usual => hasher.update(USUAL),
        }
        Ok(hex::encode(&hasher.finalize()[..10]))
    }

    /// Waits until nobody else makes this environment.
    async fn lock(&self, folder: &Path) -> Result<File, Box<Diagnostic>> {
        let path = folder.with_extension("lock");
        std::fs::create_dir_all(self.environments)
            .map_err(|error| unwritable(self.environments, &error))?;
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(|error| unwritable(&path, &error))?;
        let mut has_told = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(std::fs::TryLockError::WouldBlock) if !self.cancel.is_cancelled() => {
                    if !std::mem::replace(&mut has_told, true) {
                        (self.say)("environment  another run makes it; waiting");
                    }
                    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                }
                Err(error) => {
                    let message = format!("cannot lock {}: {error}", path.display());
                    return Err(Box::new(Diagnostic::error(message)));
                }
            }
        }
    }

    async fn make(&self, base: &Path, folder: &Path) -> Result<(), Box<Diagnostic>> {
        let what = format!("make a virtual environment in {}", folder.display());
        if let Some(uv) = on_path("uv") {
            let mut command = Command::new(&uv);
            command.args(["venv", "--quiet", "--python"]).arg(base).arg(folder);
            self.must(command, &uv, &what, "look whether uv runs").await?;
        } else {
            let mut command = Command::new(base);
            command.args(["-m", "venv"]).arg(folder);
            let hint =
                "Python needs its `venv` module: on Debian and Ubuntu, apt install python3-venv";
            self.must(command, base, &what, hint).await?;
        }
        Ok(())
    }

    async fn install(
        &self,
        folder: &Path,
        requirements: &Requirements,
    ) -> Result<(), Box<Diagnostic>> {
        let python = folder.join("bin/python");
        let file = match requirements {
            Requirements::File(path) => path.clone(),
            Requirements::Project(path) => {
                let mut command = Command::new(&python);
                command.args(["-c", READ_PYPROJECT]).arg(path);
                let what = "read pyproject.toml";
                let text = self.must(command, &python, what, "look at its syntax").await?.text;
                write_requirements(folder, &text)?
            }
            Requirements::Usual => write_requirements(folder, USUAL)?,
        };
        let (tool, mut command) = if let Some(uv) = on_path("uv") {
            let mut command = Command::new(&uv);
            command.args(["pip", "install", "--quiet", "--python"]).arg(&python);
            (uv, command)
        } else {
            let mut command = Command::new(&python);
            command.args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--no-input",
                "--progress-bar",
                "off",
            ]);
            command.arg("--disable-pip-version-check");
            (python.clone(), command)
        };
        let of = match requirements {
            Requirements::Usual => {
                "pulumi and pulumi-aws (no requirements.txt names others)".to_owned()
            }
            Requirements::File(path) | Requirements::Project(path) => {
                path.file_name().unwrap_or_default().to_string_lossy().into_owned()
            }
        };
        (self.say)(&format!("environment  installing {of} …"));
        command.arg("-r").arg(file).current_dir(&self.project.root);
        let what = format!("install {of}");
        self.must(command, &tool, &what, NETWORK_HINT).await?;
        Ok(())
    }
}

fn interpreter(python: PathBuf, environment: Option<&Path>) -> Interpreter {
    let mut variables = Vec::new();
    if let Some(folder) = environment {
        // As if it had been activated: what the program starts finds the same Python.
        let bin = folder.join("bin");
        let path = std::env::var("PATH").unwrap_or_default();
        variables.push(("PATH".to_owned(), format!("{}:{path}", bin.display())));
        variables.push(("VIRTUAL_ENV".to_owned(), folder.display().to_string()));
    }
    Interpreter { program: python, arguments: Vec::new(), variables }
}

fn base_python() -> Result<PathBuf, Box<Diagnostic>> {
    let named = std::env::var("PULUMI_PYTHON_CMD").ok().filter(|name| !name.is_empty());
    let found = match &named {
        Some(name) => on_path(name),
        None => on_path("python3").or_else(|| on_path("python")),
    };
    found.ok_or_else(|| {
        let name = named.unwrap_or_else(|| "python3".to_owned());
        let message = format!("the program is in Python, and there is no `{name}` on the PATH");
        Box::new(Diagnostic::error(message).hint("install Python 3.9 or newer"))
    })
}

fn write_requirements(folder: &Path, text: &str) -> Result<PathBuf, Box<Diagnostic>> {
    let path = folder.join("refit-requirements.txt");
    std::fs::write(&path, text).map_err(|error| unwritable(&path, &error))?;
    Ok(path)
}

#[expect(clippy::unnecessary_box_returns, reason = "it is an error, and errors here are boxed")]
fn unwritable(path: &Path, error: &std::io::Error) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(format!("cannot write {}: {error}", path.display())))
}

/// A requirements file with the ones it names.
fn hash_requirements(path: &Path, hasher: &mut Sha256, depth: usize) {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    hasher.update((text.len() as u64).to_le_bytes());
    hasher.update(&text);
    if depth == MAX_DEPTH {
        return;
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    for line in text.lines() {
        let named = ["-r", "--requirement", "-c", "--constraint"].iter().find_map(|flag| {
            let rest = line.trim().strip_prefix(flag)?;
            Some(rest.trim_start_matches(['=', ' ']).trim())
        });
        if let Some(named) = named.filter(|named| !named.is_empty()) {
            hash_requirements(&folder.join(named), hasher, depth + 1);
        }
    }
}
