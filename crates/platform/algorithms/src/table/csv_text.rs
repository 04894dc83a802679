//! CSV data: no header line, the label first.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use super::{Layout, Table, first_line, number, shown};
use crate::{Error, Result};

/// What may stand between numbers, the likeliest first.
const DELIMITERS: [u8; 5] = [b',', b'\t', b';', b'|', b' '];

#[derive(Default)]
struct Columns {
    /// Of the first line read; all others must have as many.
    width: Option<usize>,
    values: Vec<f32>,
    labels: Vec<f32>,
    weights: Vec<f32>,
}

pub(super) fn read(files: &[PathBuf], layout: Layout) -> Result<Table> {
    let mut columns = Columns::default();
    for file in files {
        read_file(file, layout, &mut columns)?;
    }
    let Some(width) = columns.width else {
        return Err(Error::client("there is not one row in the data"));
    };
    let weights = (layout == Layout::Weighted).then_some(columns.weights);
    Table::new(width - layout.leading_columns(), columns.values, columns.labels, weights)
}

fn read_file(file: &Path, layout: Layout, columns: &mut Columns) -> Result<()> {
    let delimiter = sniff(&first_line(file)?);
    let mut reader = BufReader::new(File::open(file).map_err(Error::io("read", file))?);
    let (mut line, mut line_number) = (Vec::new(), 0_u64);
    loop {
        line.clear();
        line_number += 1;
        if reader.read_until(b'\n', &mut line).map_err(Error::io("read", file))? == 0 {
            return Ok(());
        }
        // Some programs begin a text file with this mark.
        let text = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line);
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if !text.trim_ascii().is_empty() {
            read_line(text, delimiter, layout, columns).map_err(|why| {
                Error::client(format!("{}, line {line_number}{why}", file.display()))
            })?;
        }
    }
}

/// Takes one line over; the error is the rest of a text that begins with the file and the line.
fn read_line(
    line: &[u8],
    delimiter: u8,
    layout: Layout,
    columns: &mut Columns,
) -> std::result::Result<(), String> {
    let mut count = 0;
    // Between words there may be any number of spaces; elsewhere nothing is a missing value.
    let is_field = |field: &&[u8]| delimiter != b' ' || !field.is_empty();
    for field in line.split(|byte| *byte == delimiter).filter(is_field) {
        read_field(field, count, layout, columns)
            .map_err(|why| format!(", column {}: value {} {why}", count + 1, shown(field)))?;
        count += 1;
    }
    let wanted = *columns.width.get_or_insert(count.max(layout.leading_columns() + 1));
    if count == wanted { Ok(()) } else { Err(format!(": {count} values instead of {wanted}")) }
}

fn read_field(
    field: &[u8],
    column: usize,
    layout: Layout,
    columns: &mut Columns,
) -> std::result::Result<(), String> {
    let text = field.trim_ascii();
    let quoted = text.strip_prefix(b"\"").and_then(|it| it.strip_suffix(b"\""));
    let value = number(quoted.unwrap_or(text));
    let value = value
        .map_err(|why| format!("{why} (the data must have no header line and only numbers)"))?;
    match (layout, column) {
        (Layout::Labelled | Layout::Weighted, 0) if value.is_nan() => {
            return Err("is not a label: the first column must hold a number".to_owned());
        }
        (Layout::Labelled | Layout::Weighted, 0) => columns.labels.push(value),
        (Layout::Weighted, 1) if value.is_nan() || value < 0.0 => {
            return Err("is not a weight, which csv_weights puts second".to_owned());
        }
        (Layout::Weighted, 1) => columns.weights.push(value),
        _ => columns.values.push(value),
    }
    Ok(())
}

/// The delimiter that stands in a line most often.
fn sniff(line: &str) -> u8 {
    let count = |delimiter: &u8| line.trim().bytes().filter(|byte| byte == delimiter).count();
    // The last of equals wins, so the likeliest must come last.
    let best = DELIMITERS.iter().rev().max_by_key(|it| count(it));
    *best.unwrap_or(&b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(name: &str, texts: &[&str], layout: Layout) -> std::result::Result<Table, String> {
        let folder = std::env::temp_dir().join(format!("refit-csv-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let write = |(number, text): (usize, &&str)| {
            let file = folder.join(format!("{number}.csv"));
            std::fs::write(&file, text).unwrap();
            file
        };
        let files: Vec<_> = texts.iter().enumerate().map(write).collect();
        let table = read(&files, layout)
            .map_err(|error| error.to_string().replace(&format!("{}/", folder.display()), ""));
        std::fs::remove_dir_all(folder).unwrap();
        table
    }

    #[test]
    fn rows_are_read_whatever_stands_between_numbers() {
        let wanted = Table::new(2, vec![2.0, 3.0, 5.0, 6.5], vec![1.0, 4.0], None).unwrap();
        let texts = [
            "1,2,3\n4,5,6.5\n",
            "1;2;3\r\n4;5;6.5",
            "\n1\t2\t3\n\n4\t5\t6.5\n\n",
            "1 2 3\n4  5 6.5 ",
            "\"1\",\"2\",\" 3\"\n4,5,6.5",
        ];
        for (number, text) in texts.iter().enumerate() {
            let read = parse(&format!("rows-{number}"), &[text], Layout::Labelled);
            assert_eq!(read.as_ref(), Ok(&wanted), "{text}");
        }
        assert_eq!(parse("two", &["1,2,3", "4;5;6.5"], Layout::Labelled), Ok(wanted));
        let missing = parse("missing", &["1,,nan\n"], Layout::Labelled).unwrap();
        assert!(missing.row(0).iter().all(|value| value.is_nan()));
        let missing = parse("tabs", &["1\t2\t3\n1\t\t\n"], Layout::Labelled).unwrap();
        assert!(missing.row(1).iter().all(|value| value.is_nan()));
        let weighted = parse("weighted", &["1,0.5,3"], Layout::Weighted).unwrap();
        assert_eq!((weighted.weights(), weighted.columns()), (Some(&[0.5][..]), 1));
        assert_eq!(parse("unlabelled", &["1,2"], Layout::Unlabelled).unwrap().columns(), 2);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let cases = [
            (
                "age,income\n1,2\n",
                "0.csv, line 1, column 1: value \"age\" is not a number (the data must have no header line and only numbers)",
            ),
            ("1,2\n\n3,yes\n", "0.csv, line 3, column 2: value \"yes\" is not a number"),
            ("1,2\n,3\n", "0.csv, line 2, column 1: value \"\" is not a label"),
            ("nan,2\n", "line 1, column 1: value \"nan\" is not a label"),
            ("1,inf\n", "column 2: value \"inf\" is too large for a number"),
            ("1,2\n1,2,3\n", "0.csv, line 2: 3 values instead of 2"),
            ("1\n", "0.csv, line 1: 1 values instead of 2"),
            ("", "there is not one row"),
            ("1,\u{0}\u{feff}é\n", "is not a number"),
        ];
        for (number, (text, wanted)) in cases.iter().enumerate() {
            let error = parse(&format!("wrong-{number}"), &[text], Layout::Labelled).unwrap_err();
            assert!(error.contains(wanted) && error.starts_with("ClientError: "), "{error}");
        }
    }
}
