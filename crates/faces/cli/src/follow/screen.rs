//! The terminal: lines that stay, and on a terminal one live line that is written over. In a pipe there are only lines.

use anstyle::{AnsiColor, Effects, Style};
use std::io::{IsTerminal, Write};

pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
pub(crate) const DIM: Style = Style::new().effects(Effects::DIMMED);

/// Where progress is shown: standard output, unless silent (`--json`).
pub(crate) struct Screen {
    silent: bool,
    is_terminal: bool,
    has_live_line: bool,
}

impl Screen {
    /// A screen; a silent one shows nothing.
    pub(crate) fn new(silent: bool) -> Self {
        Self { silent, is_terminal: std::io::stdout().is_terminal(), has_live_line: false }
    }

    /// Prints a line that stays.
    pub(crate) fn line(&mut self, text: impl std::fmt::Display) {
        if self.silent {
            return;
        }
        self.clear();
        anstream::println!("{text}");
    }

    /// Shows a line that the next one replaces; in a pipe it stays.
    pub(crate) fn live(&mut self, text: impl std::fmt::Display) {
        if self.silent {
            return;
        }
        if self.is_terminal {
            anstream::print!("\r\x1b[2K{text}");
            let _shown_later = std::io::stdout().flush();
            self.has_live_line = true;
        } else {
            anstream::println!("{text}");
        }
    }

    /// Shows a line that the next one replaces; in a pipe it is left out.
    pub(crate) fn passing(&mut self, text: impl std::fmt::Display) {
        if self.is_terminal {
            self.live(text);
        }
    }

    /// Lets the live line stay.
    pub(crate) fn settle(&mut self) {
        if self.has_live_line {
            anstream::println!();
            self.has_live_line = false;
        }
    }

    fn clear(&mut self) {
        if self.has_live_line {
            anstream::print!("\r\x1b[2K");
            self.has_live_line = false;
        }
    }
}

/// Milliseconds as people say them.
pub(crate) fn duration_text(ms: i64) -> String {
    match ms {
        ..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{:.1} s", ms as f64 / 1000.0),
        60_000..3_600_000 => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1000),
        _ => format!("{} h {} min", ms / 3_600_000, ms % 3_600_000 / 60_000),
    }
}
