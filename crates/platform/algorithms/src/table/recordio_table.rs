//! recordio-protobuf data: a message a row, dense or sparse, with a label or without.

use std::path::{Path, PathBuf};

use super::Table;
use super::rows::Rows;
use crate::recordio::{self, Record};
use crate::{Error, Result};

pub(super) fn read(files: &[PathBuf], absent: f32) -> Result<Table> {
    let mut rows = Rows::default();
    let mut dense_width = None;
    for file in files {
        let bytes = std::fs::read(file).map_err(Error::io("read", file))?;
        for (number, frame) in recordio::Frames::new(&bytes).enumerate() {
            frame
                .and_then(|frame| Record::parse(&frame))
                .and_then(|record| take(&record, &mut rows, &mut dense_width))
                .map_err(|why| at(file, number, &why))?;
        }
    }
    if rows.len() == 0 {
        return Err(Error::client("there is not one row in the data"));
    }
    let table = rows.into_table(absent)?;
    Ok(Table { is_sparse: dense_width.is_none(), ..table })
}

fn at(file: &Path, number: usize, why: &str) -> Error {
    Error::client(format!("{}, record {}: {why}", file.display(), number + 1))
}

fn take(
    record: &Record,
    rows: &mut Rows,
    dense_width: &mut Option<usize>,
) -> std::result::Result<(), String> {
    if let Some(keys) = &record.keys {
        for (key, value) in keys.iter().zip(&record.values) {
            let index = u32::try_from(*key).map_err(|_| format!("the key {key} is too large"))?;
            rows.add(index, *value);
        }
        let width = record.width.unwrap_or(0);
        if u32::try_from(width).is_err() {
            return Err(format!("the width {width} is too large"));
        }
        rows.columns = rows.columns.max(width);
    } else {
        let wanted = *dense_width.get_or_insert(record.values.len());
        if record.values.len() != wanted {
            return Err(format!("{} values instead of {wanted}", record.values.len()));
        }
        for (index, value) in (0_u32..).zip(&record.values) {
            rows.add(index, *value);
        }
    }
    match record.labels[..] {
        [] if rows.labels.is_empty() => {}
        [label] if rows.labels.len() == rows.len() && !label.is_nan() => rows.labels.push(label),
        [label] if label.is_nan() => return Err("the label is not a number".to_owned()),
        [] | [_] => return Err("some rows have labels and some have not".to_owned()),
        _ => return Err(format!("{} labels instead of one", record.labels.len())),
    }
    rows.end_row();
    Ok(())
}
