//! What a rule finds: where, what is wrong, what AWS says and when, and what to write instead.

use crate::source::Span;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// It works, but probably not as it should.
    Warning,
    /// It fails.
    Error,
}

impl Severity {
    /// `error`, `warning`, `note`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// When it shows on AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// The program does not get to the end.
    Start,
    /// `up` fails.
    Deploy,
    /// The schedule fires, and nothing starts.
    FirstFiring,
    /// The first run fails.
    FirstRun,
    /// The first run ends well, the second fails; the time of the second firing, if there is a schedule.
    SecondRun(Option<String>),
    /// It goes well until something else does not.
    Sometimes,
    /// It never fails.
    Never,
}

impl When {
    /// In words.
    pub fn text(&self) -> String {
        match self {
            Self::Start => "when the program is run".to_owned(),
            Self::Deploy => "at deploy".to_owned(),
            Self::FirstFiring => "at the first firing".to_owned(),
            Self::FirstRun => "in the first run".to_owned(),
            Self::SecondRun(None) => "from the second run on".to_owned(),
            Self::SecondRun(Some(at)) => format!("from the second run on ({at})"),
            Self::Sometimes => "when something else goes wrong".to_owned(),
            Self::Never => "never; it is advice".to_owned(),
        }
    }

    /// A word for machines.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Deploy => "deploy",
            Self::FirstFiring => "first-firing",
            Self::FirstRun => "first-run",
            Self::SecondRun(_) => "second-run",
            Self::Sometimes => "sometimes",
            Self::Never => "never",
        }
    }
}

/// A replacement of a piece of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; an empty range is an insertion.
    pub span: Span,
    /// By what.
    pub text: String,
}

/// One thing wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule's id.
    pub rule: &'static str,
    /// How bad.
    pub severity: Severity,
    /// Where.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What AWS (or Python, or Pulumi) says.
    pub says: Option<String>,
    /// When.
    pub when: When,
    /// What to do.
    pub help: Option<String>,
    /// The lines as they should be.
    pub correction: Option<String>,
    /// Edits that correct it without changing anything else.
    pub edits: Vec<Edit>,
    /// The reason it is allowed, where the source says so.
    pub allowed: Option<String>,
}

impl Finding {
    /// Something found by a rule at a place.
    pub fn new(rule: &crate::rules::Rule, span: Span, message: impl Into<String>) -> Self {
        Self {
            rule: rule.id,
            severity: rule.severity,
            span,
            message: message.into(),
            says: None,
            when: When::Never,
            help: None,
            correction: None,
            edits: Vec::new(),
            allowed: None,
        }
    }

    /// The same with another severity.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// The same with when it shows.
    #[must_use]
    pub fn when(mut self, when: When) -> Self {
        self.when = when;
        self
    }

    /// The same with AWS's words.
    #[must_use]
    pub fn says(mut self, says: impl Into<String>) -> Self {
        self.says = Some(says.into());
        self
    }

    /// The same with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same with the lines as they should be.
    #[must_use]
    pub fn correction(mut self, lines: impl Into<String>) -> Self {
        self.correction = Some(lines.into());
        self
    }

    /// The same with an edit that corrects it.
    #[must_use]
    pub fn edit(mut self, span: Span, text: impl Into<String>) -> Self {
        self.edits.push(Edit { span, text: text.into() });
        self
    }
}
