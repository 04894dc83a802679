//! What a training or inference image means here.
//!
//! Images are known by their repository's name: account, region and registry differ between the same AWS images.

mod table;

pub(crate) use table::{Asked, Container, Images, Way};
