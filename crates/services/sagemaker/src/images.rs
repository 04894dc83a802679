//! What a training or inference image means here.
//!
//! Images are known by their repository's name: account, region and registry differ between the same AWS images.

mod table;

pub(crate) use table::{Asked, Container, Images, Way};

/// Something that refit can run for an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    /// A built-in algorithm by the name that `refit algorithm` knows.
    BuiltIn(&'static str),
}

/// Repository names of built-in algorithms.
const BUILT_IN: [(&str, &str); 2] = [("sagemaker-xgboost", "xgboost"), ("xgboost", "xgboost")];

/// What runs the image, or why nothing does.
pub(crate) fn engine(image: &str) -> Result<Engine, String> {
    let repository = image.rsplit('/').next().unwrap_or(image);
    let repository = repository.split([':', '@']).next().unwrap_or(repository);
    BUILT_IN
        .iter()
        .find(|(name, _)| *name == repository)
        .map(|(_, algorithm)| Engine::BuiltIn(algorithm))
        .ok_or_else(|| {
            format!(
                "refit cannot run the image {image}: it has no built-in algorithm for {repository} (it has {})",
                BUILT_IN.map(|(name, _)| name).join(", ")
            )
        })
}

#[cfg(test)]
mod tests {
    use super::{Engine, engine};

    #[test]
    fn knows_images_by_repository() {
        for image in [
            "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1",
            "811284229777.dkr.ecr.us-east-1.amazonaws.com/xgboost:1",
            "xgboost",
        ] {
            assert_eq!(engine(image), Ok(Engine::BuiltIn("xgboost")), "{image}");
        }
        assert!(engine("123456789012.dkr.ecr.us-east-1.amazonaws.com/my-algo:latest").is_err());
    }
}
