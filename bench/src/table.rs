//! The table: what was measured, what was aimed at, and what the machine allows.

use std::io::Write as _;

/// What a value is to be.
#[derive(Clone, Copy)]
pub(crate) enum Aim {
    /// At least this.
    Least(f64),
    /// At most this.
    Most(f64),
    /// Nothing: the row is there to be compared with.
    None,
}

/// One measurement.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    pub(crate) aim: Aim,
    /// A limit or peer measured in the same run, and what it is.
    pub(crate) limit: Option<(f64, &'static str)>,
    /// Processor time (user and system) for one of what is counted, in microseconds.
    pub(crate) cpu_us: Option<f64>,
    /// Resident memory of the process that did it, in MiB.
    pub(crate) rss_mib: Option<f64>,
    pub(crate) note: String,
}

impl Row {
    pub(crate) fn new(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self {
            name: name.into(),
            value,
            unit,
            aim: Aim::None,
            limit: None,
            cpu_us: None,
            rss_mib: None,
            note: String::new(),
        }
    }

    pub(crate) fn least(mut self, aim: f64) -> Self {
        self.aim = Aim::Least(aim);
        self
    }

    pub(crate) fn most(mut self, aim: f64) -> Self {
        self.aim = Aim::Most(aim);
        self
    }

    pub(crate) fn limit(mut self, value: f64, what: &'static str) -> Self {
        self.limit = Some((value, what));
        self
    }

    pub(crate) fn cpu_us(mut self, cpu_us: f64) -> Self {
        self.cpu_us = Some(cpu_us);
        self
    }

    pub(crate) fn rss_mib(mut self, rss_mib: f64) -> Self {
        self.rss_mib = Some(rss_mib);
        self
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Whether the aim is met, where there is one.
    fn met(&self) -> Option<bool> {
        match self.aim {
            Aim::Least(aim) => Some(self.value >= aim),
            Aim::Most(aim) => Some(self.value <= aim),
            Aim::None => None,
        }
    }
}

/// All rows so far; each is printed as soon as it is known.
#[derive(Default)]
pub(crate) struct Table {
    met: usize,
    missed: Vec<String>,
    headed: bool,
}

impl Table {
    /// Begins a section.
    pub(crate) fn section(&mut self, name: &str) {
        if !self.headed {
            self.headed = true;
            println!("| what | value | aim | of aim | of limit | CPU µs each | RSS MiB | |");
            println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |");
        }
        println!("| **{name}** | | | | | | | |");
    }

    /// Adds and prints a row.
    pub(crate) fn add(&mut self, row: Row) {
        let aim = match row.aim {
            Aim::Least(aim) => format!("≥ {}", number(aim)),
            Aim::Most(aim) => format!("≤ {}", number(aim)),
            Aim::None => String::new(),
        };
        let of_aim = match row.aim {
            Aim::Least(aim) | Aim::Most(aim) => format!("{:.2}×", row.value / aim),
            Aim::None => String::new(),
        };
        let mark = match row.met() {
            Some(true) => "met",
            Some(false) => "**missed**",
            None => "",
        };
        let limit = row
            .limit
            .map_or(String::new(), |(limit, what)| format!("{:.2}× {what}", row.value / limit));
        let shown = |value: Option<f64>| value.map_or(String::new(), number);
        println!(
            "| {} | {} {} | {aim} | {of_aim} | {limit} | {} | {} | {mark} {} |",
            row.name,
            number(row.value),
            row.unit,
            shown(row.cpu_us),
            shown(row.rss_mib),
            row.note,
        );
        let _not_a_terminal = std::io::stdout().flush();
        match row.met() {
            Some(true) => self.met += 1,
            Some(false) => self.missed.push(row.name),
            None => {}
        }
    }

    /// Says how many aims were met.
    pub(crate) fn summary(&self) {
        println!("\n{} aims met, {} missed", self.met, self.missed.len());
        for name in &self.missed {
            println!("  missed: {name}");
        }
    }
}

/// A number with three digits that count, and commas between thousands.
fn number(value: f64) -> String {
    if value.abs() < 10.0 {
        return format!("{value:.2}");
    }
    if value.abs() < 100.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut shown = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) && digit.is_ascii_digit() {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// The value below which `share` of the sorted values are.
pub(crate) fn percentile(sorted: &[f64], share: f64) -> f64 {
    let at = (sorted.len() as f64 * share) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}
