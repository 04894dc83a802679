//! The channels of a training as tables.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::container::{self, Channel};
use crate::table::{Format, Layout, Table, guess_format};
use crate::{Error, Result};

/// Writes a line of the log, at once.
pub(crate) fn say(output: &mut (impl Write + ?Sized), line: &str) -> Result<()> {
    let written = writeln!(output, "{line}").and_then(|()| output.flush());
    written.map_err(Error::io("write", Path::new("standard output")))
}

/// The channels of a training.
pub(crate) struct Channels<'a> {
    named: BTreeMap<String, Channel>,
    data: PathBuf,
    /// What the algorithm reads.
    formats: &'a [Format],
    /// The value of what sparse rows leave out.
    absent: f32,
}

impl<'a> Channels<'a> {
    /// The channels of the tree at `opt_ml`.
    pub(crate) fn open(opt_ml: &Path, formats: &'a [Format], absent: f32) -> Result<Self> {
        let named = container::channels(opt_ml)?;
        Ok(Self { named, data: opt_ml.join("input/data"), formats, absent })
    }

    /// A channel that must be there.
    pub(crate) fn required(
        &self,
        name: &str,
        layout: Layout,
        output: &mut (impl Write + ?Sized),
    ) -> Result<Table> {
        let table = self.load(name, layout, output)?;
        // AWS: the text of the algorithm toolkit.
        let table = table.ok_or_else(|| Error::client(format!("Missing channel: {name}")))?;
        if table.columns() == 0 {
            return Err(Error::client(format!("channel {name}: the rows have no features")));
        }
        Ok(table)
    }

    /// A channel, if it is there. Where labels are not wanted, CSV files have them unless `label_size=0` is said.
    pub(crate) fn load(
        &self,
        name: &str,
        layout: Layout,
        output: &mut (impl Write + ?Sized),
    ) -> Result<Option<Table>> {
        let folder = self.data.join(name);
        let nothing = Channel::default();
        let channel = match self.named.get(name) {
            None if !folder.exists() => return Ok(None),
            channel => channel.unwrap_or(&nothing),
        };
        if channel.input_mode.as_deref() == Some("Pipe") {
            return Err(Error::client(format!(
                "channel {name}: input mode Pipe is not supported by the built-in algorithm; use File"
            )));
        }
        let files = container::data_files(&folder)?;
        let named = self.named_format(name, channel.content_type.as_deref())?;
        let (format, label_size) = match named {
            Some(named) => named,
            None => (guess_format(&files[0])?, 1),
        };
        if named.is_none() && format == Format::Csv && self.formats.contains(&Format::LibSvm) {
            // AWS: data without a content type is read as text/libsvm.
            let text = "has no ContentType and looks like CSV; AWS would read it as text/libsvm";
            say(output, &format!("channel {name} {text}"))?;
        }
        let layout = match (layout, label_size) {
            (Layout::Unlabelled, 1) if format == Format::Csv => {
                // AWS: cdf-training: the first column is the label unless label_size=0 is said.
                let text = "the first column is left out as the label; with the ContentType text/csv;label_size=0 it is a feature";
                say(output, &format!("channel {name}: {text}"))?;
                Layout::Labelled
            }
            (layout, _) => layout,
        };
        let table = Table::read_filled(&files, format, layout, self.absent)?;
        say(
            output,
            &format!("channel {name}: {} rows, {} features", table.rows(), table.columns()),
        )?;
        if layout != Layout::Unlabelled && format != Format::Csv && table.labels().is_empty() {
            return Err(Error::client(format!("channel {name}: the rows have no labels")));
        }
        if label_size == 0 && layout != Layout::Unlabelled {
            return Err(Error::client(format!("channel {name}: label_size must be 1, not 0")));
        }
        Ok(Some(table))
    }

    /// The format a content type names, and how many columns of CSV are labels; none when there is no content type.
    fn named_format(&self, name: &str, content_type: Option<&str>) -> Result<Option<(Format, u8)>> {
        let Some(text) = content_type.map(str::trim).filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let lower = text.to_lowercase();
        let mut parts = lower.split(';').map(str::trim);
        let format = match parts.next() {
            Some("text/csv" | "csv") => Some(Format::Csv),
            Some("text/libsvm" | "text/x-libsvm" | "libsvm") => Some(Format::LibSvm),
            Some("application/x-recordio-protobuf") => Some(Format::RecordIo),
            _ => None,
        };
        let Some(format) = format.filter(|format| self.formats.contains(format)) else {
            let known: Vec<&str> = self.formats.iter().map(|it| it.content_type()).collect();
            return Err(Error::client(format!(
                "channel {name}: ContentType {text:?} is not supported by the built-in algorithm, \
                 which reads {}",
                known.join(", ")
            )));
        };
        let mut label_size = 1;
        for parameter in parts.filter(|parameter| !parameter.is_empty()) {
            match parameter.strip_prefix("label_size=").map(str::trim) {
                Some("0") => label_size = 0,
                None | Some("1") => {}
                Some(size) => {
                    let text = format!("channel {name}: label_size must be 1, not {size}");
                    return Err(Error::client(text));
                }
            }
        }
        Ok(Some((format, label_size)))
    }
}
