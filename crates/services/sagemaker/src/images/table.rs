//! The table of images: what runs an image, by patterns of image names. The table of this crate is
//! `images.json`; a file of the same form in the data directory comes before it.
//!
//! A folder named in the file, or as the image itself (`file:///srv/algorithms/forecast`), runs as the user that runs the
//! server, as every job does: whoever may create training jobs may run programs.

use serde::Deserialize;
use std::path::{Path, PathBuf};

/// What runs a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Way {
    /// A built-in algorithm by the name that `refit algorithm` knows.
    BuiltIn(String),
    /// Script mode: the user's code in a Python environment of these packages.
    Python(Vec<String>),
    /// A folder with an executable `train`.
    Folder(PathBuf),
    /// A container of this image.
    Container(Container),
}

/// The image that a container is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Container {
    pub(crate) image: String,
    pub(crate) pull: runner::Pull,
}

/// What a request says besides the image.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Asked {
    /// It brings a program: `sagemaker_program`, or an entrypoint of its own.
    pub(crate) has_program: bool,
}

/// One row: a pattern and what runs the images it matches.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// `*` stands for anything. A pattern with `/` is matched with the whole name, one with `:` with repository and tag,
    /// any other with the repository alone.
    image: String,
    algorithm: Option<String>,
    python: Option<Vec<String>>,
    folder: Option<PathBuf>,
    container: Option<String>,
    pull: Option<String>,
}

/// The table.
#[derive(Debug)]
pub(crate) struct Images {
    /// The user's own rows.
    file: PathBuf,
}

/// The rows of this crate.
fn own_rows() -> Vec<Row> {
    serde_json::from_str(include_str!("../images.json"))
        .expect("the table in this crate can be read")
}

impl Images {
    /// The table with the rows of a file, which is read when it is needed and need not be there.
    pub(crate) fn new(file: PathBuf) -> Self {
        Self { file }
    }

    /// What runs an image. The error is for the user.
    pub(crate) fn way(&self, image: &str, asked: Asked) -> Result<Way, String> {
        for scheme in ["file://", "folder:"] {
            if let Some(path) = image.strip_prefix(scheme) {
                let path = Path::new(path);
                return if path.is_absolute() {
                    Ok(Way::Folder(path.to_owned()))
                } else {
                    Err(format!(
                        "the image {image} does not name a folder from the root: {scheme}/PATH"
                    ))
                };
            }
        }
        let rows = self.user_rows()?.into_iter().chain(own_rows());
        for row in rows.filter(|row| matches(&row.image, image)) {
            if let Some(way) = row.way(image, asked, &self.file)? {
                return Ok(way);
            }
        }
        Ok(Way::Container(Container { image: image.to_owned(), pull: runner::Pull::Missing }))
    }

    fn user_rows(&self) -> Result<Vec<Row>, String> {
        match std::fs::read(&self.file) {
            Ok(text) => serde_json::from_slice(&text).map_err(|error| {
                format!("{} is not a table of images: {error}", self.file.display())
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(format!("{} cannot be read: {error}", self.file.display())),
        }
    }
}

impl Row {
    /// What the row says; nothing when it does not say anything for such a request.
    fn way(&self, image: &str, asked: Asked, file: &Path) -> Result<Option<Way>, String> {
        if let Some(folder) = &self.folder {
            return if folder.is_absolute() {
                Ok(Some(Way::Folder(folder.clone())))
            } else {
                Err(format!(
                    "{}: the folder {} does not begin with /",
                    file.display(),
                    folder.display()
                ))
            };
        }
        if let Some(container) = &self.container {
            let pull = match self.pull.as_deref() {
                None | Some("missing") => runner::Pull::Missing,
                Some("always") => runner::Pull::Always,
                Some("never") => runner::Pull::Never,
                Some(other) => {
                    return Err(format!(
                        "{}: pull is missing, always or never, not {other}",
                        file.display()
                    ));
                }
            };
            let image = if container.is_empty() { image } else { container };
            return Ok(Some(Way::Container(Container { image: image.to_owned(), pull })));
        }
        Ok(match (&self.algorithm, &self.python) {
            (_, Some(packages)) if asked.has_program => {
                let tag = tag(image);
                Some(Way::Python(packages.iter().map(|it| filled(it, tag)).collect()))
            }
            (Some(algorithm), _) if !asked.has_program => Some(Way::BuiltIn(algorithm.clone())),
            (None, Some(_)) => {
                return Err(format!(
                    "the image {image} runs scripts: set the hyperparameters sagemaker_program and \
                     sagemaker_submit_directory, or ContainerEntrypoint"
                ));
            }
            _ => None,
        })
    }
}

/// The last part of an image's name, with its tag.
fn repository(image: &str) -> &str {
    image.rsplit('/').next().unwrap_or(image)
}

fn tag(image: &str) -> &str {
    let name = repository(image).split('@').next().unwrap_or_default();
    name.split_once(':').map_or("", |(_, tag)| tag)
}

fn matches(pattern: &str, image: &str) -> bool {
    let without_digest = image.split('@').next().unwrap_or(image);
    if pattern.contains('/') {
        return glob(pattern, without_digest);
    }
    let name = repository(without_digest);
    if pattern.contains(':') {
        return glob(pattern, name);
    }
    glob(pattern, name.split(':').next().unwrap_or(name))
}

/// Whether `*` in the pattern can stand for something so that it is the text.
fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// A requirement with what the tag says in the place of `{version}` (the number that the tag begins with) or `{name}`
/// (the number behind that name). Where the tag does not say, any version will do.
fn filled(requirement: &str, tag: &str) -> String {
    let Some((before, rest)) = requirement.split_once('{') else { return requirement.to_owned() };
    let Some((name, after)) = rest.split_once('}') else { return requirement.to_owned() };
    let text = if name == "version" { Some(tag) } else { tag.split_once(name).map(|(_, it)| it) };
    let number: String =
        text.unwrap_or_default().chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let number = number.trim_matches('.');
    if number.is_empty() {
        let package = before.split(['=', '<', '>', '~', '!']).next().unwrap_or(before);
        let marker =
            after.split_once(';').map_or(String::new(), |(_, marker)| format!(";{marker}"));
        return format!("{package}{marker}");
    }
    format!("{before}{number}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRAM: Asked = Asked { has_program: true };
    const NONE: Asked = Asked { has_program: false };
    const ECR: &str = "683313688378.dkr.ecr.us-east-1.amazonaws.com";

    fn first_package(way: Result<Way, String>) -> String {
        match way {
            Ok(Way::Python(packages)) => packages[0].clone(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn images_are_known_by_name_and_tag() {
        let images = Images::new("/no/such/file".into());
        let scikit = |tag: &str| format!("{ECR}/sagemaker-scikit-learn:{tag}");
        let cases = [
            (scikit("1.4-2-cpu-py3"), "scikit-learn==1.4.*"),
            (scikit("latest"), "scikit-learn"),
            (
                format!("{ECR}/pytorch-training:2.1.0-cpu-py310-ubuntu20.04-sagemaker"),
                "torch==2.1.0",
            ),
            (format!("{ECR}/sagemaker-xgboost:1.7-1"), "xgboost==1.7.*"),
            (format!("{ECR}/sagemaker-xgboost:3.0-5"), "xgboost-cpu==3.0.*"),
        ];
        for (image, wanted) in cases {
            assert_eq!(first_package(images.way(&image, PROGRAM)), wanted, "{image}");
        }
        let image =
            format!("{ECR}/huggingface-pytorch-training:2.1.0-transformers4.36.0-gpu-py310");
        let Ok(Way::Python(packages)) = images.way(&image, PROGRAM) else { panic!("{image}") };
        assert!(packages.contains(&"transformers==4.36.0".to_owned()), "{packages:?}");
        for image in ["xgboost", &format!("{ECR}/sagemaker-xgboost:1.7-1")] {
            assert_eq!(images.way(image, NONE), Ok(Way::BuiltIn("xgboost".to_owned())));
        }
        assert!(images.way(&scikit("1.2-1"), NONE).unwrap_err().contains("sagemaker_program"));
        let own = Container { image: "me/algo:3".to_owned(), pull: runner::Pull::Missing };
        assert_eq!(images.way("me/algo:3", PROGRAM), Ok(Way::Container(own)));
        assert_eq!(images.way("file:///srv/a", NONE), Ok(Way::Folder("/srv/a".into())));
        assert_eq!(images.way("folder:/srv/a", NONE), Ok(Way::Folder("/srv/a".into())));
        assert!(images.way("file://srv/a", NONE).is_err());
    }

    #[test]
    fn the_users_rows_come_first() {
        let file = std::env::temp_dir().join(format!("refit-images-{}.json", std::process::id()));
        let rows = r#"[
            {"image": "team/*", "folder": "/srv/team"},
            {"image": "sagemaker-scikit-learn", "python": ["scikit-learn==1.5.2"]},
            {"image": "algo:v*", "container": "localhost/algo:dev", "pull": "never"}
        ]"#;
        std::fs::write(&file, rows).unwrap();
        let images = Images::new(file.clone());
        assert_eq!(images.way("team/forecast:1", NONE), Ok(Way::Folder("/srv/team".into())));
        let scikit = images.way("sagemaker-scikit-learn:1.2-1", PROGRAM);
        assert_eq!(first_package(scikit), "scikit-learn==1.5.2");
        let container =
            Container { image: "localhost/algo:dev".to_owned(), pull: runner::Pull::Never };
        assert_eq!(images.way("x/algo:v7", NONE), Ok(Way::Container(container)));
        std::fs::write(&file, "[{\"image\": \"a\", \"pythn\": []}]").unwrap();
        assert!(images.way("a", NONE).unwrap_err().contains("pythn"));
        std::fs::remove_file(&file).unwrap();
    }

    #[test]
    fn stars_stand_for_anything() {
        let cases = [
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "ab", true),
            ("*", "", true),
            ("a*c", "abc", true),
            ("a*c", "ab", false),
            ("a*b*c", "axbxc", true),
            ("a*b*c", "acb", false),
            ("*b", "ab", true),
            ("ab*b", "ab", false),
        ];
        for (pattern, text, wanted) in cases {
            assert_eq!(glob(pattern, text), wanted, "{pattern} {text}");
        }
    }
}
