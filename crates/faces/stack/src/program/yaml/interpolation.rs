//! `${name.property[0]}` inside texts.

/// A piece of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Part {
    Text(String),
    Reference(Access),
}

/// A reference: a name, and the way from its value to a part of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Access {
    pub(super) root: String,
    pub(super) steps: Vec<Step>,
    /// As it is written, braces included.
    pub(super) text: String,
}

/// One step into a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    Property(String),
    Index(usize),
}

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fault {
    pub(super) message: String,
    /// The part of the text that is wrong.
    pub(super) snippet: String,
}

/// Takes a text apart. `$${` is a literal `${`.
pub(super) fn parse(text: &str) -> Result<Vec<Part>, Fault> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let before = &rest[..at];
        if let Some(before) = before.strip_suffix('$') {
            plain.push_str(before);
            plain.push_str("${");
            rest = &rest[at + 2..];
            continue;
        }
        plain.push_str(before);
        if !plain.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut plain)));
        }
        let (access, length) = access(&rest[at..])?;
        parts.push(Part::Reference(access));
        rest = &rest[at + length..];
    }
    plain.push_str(rest);
    if !plain.is_empty() || parts.is_empty() {
        parts.push(Part::Text(plain));
    }
    Ok(parts)
}

/// Reads a reference at the start of a text; also tells its length in bytes.
fn access(text: &str) -> Result<(Access, usize), Fault> {
    let fault = |message: &str| Fault {
        message: message.to_owned(),
        snippet: text.split('}').next().unwrap_or(text).chars().take(60).collect(),
    };
    let mut rest = &text[2..];
    let end = rest.find(['.', '[', '}']).ok_or_else(|| fault("`${` has no closing brace"))?;
    let root = rest[..end].trim().to_owned();
    if root.is_empty() || root.contains(char::is_whitespace) {
        return Err(fault("`${` must be followed by a name"));
    }
    rest = &rest[end..];
    let mut steps = Vec::new();
    loop {
        if let Some(after) = rest.strip_prefix('}') {
            let length = text.len() - after.len();
            let access = Access { root, steps, text: text[..length].to_owned() };
            return Ok((access, length));
        }
        if let Some(after) = rest.strip_prefix('.') {
            let end =
                after.find(['.', '[', '}']).ok_or_else(|| fault("`${` has no closing brace"))?;
            let name = after[..end].trim();
            if name.is_empty() {
                return Err(fault("a property name is missing after the dot"));
            }
            steps.push(Step::Property(name.to_owned()));
            rest = &after[end..];
        } else if let Some(after) = rest.strip_prefix('[') {
            let (step, after) = bracket(after)
                .ok_or_else(|| fault("`[` must hold a number, or a name in double quotes"))?;
            steps.push(step);
            rest = after;
        } else {
            return Err(fault("`${` has no closing brace"));
        }
    }
}

fn bracket(text: &str) -> Option<(Step, &str)> {
    if let Some(quoted) = text.strip_prefix('"') {
        let mut name = String::new();
        let mut letters = quoted.char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '\\' => name.push(letters.next()?.1),
                '"' => return Some((Step::Property(name), quoted[at + 1..].strip_prefix(']')?)),
                other => name.push(other),
            }
        }
        return None;
    }
    let (digits, after) = text.split_once(']')?;
    Some((Step::Index(digits.trim().parse().ok()?), after))
}

#[cfg(test)]
mod tests {
    use super::{Part, Step, parse};

    fn shown(text: &str) -> String {
        match parse(text) {
            Err(fault) => format!("{}: {}", fault.snippet, fault.message),
            Ok(parts) => parts
                .into_iter()
                .map(|part| match part {
                    Part::Text(text) => format!("'{text}'"),
                    Part::Reference(access) => {
                        access.steps.iter().fold(format!("<{}>", access.root), |shown, step| {
                            match step {
                                Step::Property(name) => format!("{shown}.{name}"),
                                Step::Index(index) => format!("{shown}[{index}]"),
                            }
                        })
                    }
                })
                .collect::<Vec<_>>()
                .join(" "),
        }
    }

    #[test]
    fn texts_come_apart() {
        let cases = [
            ("", "''"),
            ("plain $ {x}", "'plain $ {x}'"),
            ("${a}", "<a>"),
            ("x${days-2012-01.key}/*", "'x' <days-2012-01>.key '/*'"),
            ("${a.b[0][\"c.d\"].e}", "<a>.b[0].c.d.e"),
            ("$${a} ${b}", "'${a} ' <b>"),
            ("$$${a}", "'$${a}'"),
            ("${a}${b}", "<a> <b>"),
            ("${a", "${a: `${` has no closing brace"),
            ("${}", "${: `${` must be followed by a name"),
            ("${a b}", "${a b: `${` must be followed by a name"),
            ("${a[x]}", "${a[x]: `[` must hold a number, or a name in double quotes"),
            ("${a.}", "${a.: a property name is missing after the dot"),
            ("ä${ä}ü", "'ä' <ä> 'ü'"),
        ];
        for (text, expected) in cases {
            assert_eq!(shown(text), expected, "{text}");
        }
    }
}
