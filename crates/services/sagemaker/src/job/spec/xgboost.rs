//! Which XGBoost trains: refit's own booster, or the Python package with everything it can.
//!
//! `REFIT_XGBOOST` says: `native` (the default) installs nothing and refuses what it has not; `python` always takes the
//! package of the image's version, in an environment as scripts have; `auto` takes the package where the booster would refuse.

use crate::Sagemaker;
use crate::images::{Asked, Way};
use crate::job::Failure;
use crate::job::script::{self, Program};
use crate::records::Job;
use runner::JobFolder;
use serde_json::Value;
use std::collections::BTreeMap;

/// Content types that the booster reads.
const NATIVE_TYPES: [&str; 6] = [
    "text/csv",
    "csv",
    "text/libsvm",
    "text/x-libsvm",
    "libsvm",
    "application/x-recordio-protobuf",
];

/// The packages to train with; none for the booster (and for other algorithms).
pub(super) fn packages(
    service: &Sagemaker,
    job: &Job,
    image: &str,
    algorithm: &str,
) -> Result<Option<Vec<String>>, Failure> {
    if algorithm != "xgboost" {
        return Ok(None);
    }
    let is_python = match std::env::var("REFIT_XGBOOST").as_deref() {
        Err(_) | Ok("" | "native") => false,
        Ok("python") => true,
        Ok("auto") => !is_native(job),
        Ok(other) => {
            return Err(Failure::client(format!(
                "REFIT_XGBOOST is native, python or auto, not {other}"
            )));
        }
    };
    if !is_python {
        return Ok(None);
    }
    let way = service.images.way(image, Asked { has_program: true }).map_err(Failure::client)?;
    let mut packages = match way {
        Way::Python(packages) => packages,
        _ => ["xgboost-cpu", "pandas", "numpy"].map(str::to_owned).to_vec(),
    };
    if content_types(job).any(|kind| kind.contains("parquet")) {
        packages.push("pyarrow".to_owned());
    }
    Ok(Some(packages))
}

/// Whether the booster can do what the job asks for.
fn is_native(job: &Job) -> bool {
    let given = job.request.get("HyperParameters").and_then(Value::as_object);
    let given: BTreeMap<String, String> = given
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect();
    algorithms::xgboost::Hyperparameters::parse(&given).is_ok()
        && content_types(job).all(|kind| NATIVE_TYPES.contains(&kind.as_str()))
}

fn content_types(job: &Job) -> impl Iterator<Item = String> {
    let channels = job.request.get("InputDataConfig").and_then(Value::as_array);
    channels.into_iter().flatten().filter_map(|channel| {
        let text = channel.get("ContentType")?.as_str()?;
        Some(text.split(';').next().unwrap_or_default().trim().to_lowercase())
    })
}

/// Puts the script beside the job's tree and makes its environment.
pub(super) async fn prepare(
    service: &Sagemaker,
    folder: &JobFolder,
    packages: Vec<String>,
) -> Result<Program, Failure> {
    let nothing = folder.path().join("no-source");
    std::fs::create_dir_all(&nothing).map_err(Failure::internal)?;
    let script = folder.path().join("xgboost_train.py");
    std::fs::write(&script, algorithms::XGBOOST_SCRIPT).map_err(Failure::internal)?;
    let environment = script::environment_of(service, folder, &nothing, packages, false).await?;
    let argv = vec![
        environment.python.to_string_lossy().into_owned(),
        script.to_string_lossy().into_owned(),
    ];
    let mut program = script::program(&environment, argv);
    program.directory = None;
    Ok(program)
}
