//! The text that Prometheus reads: exposition format 0.0.4.

use crate::snapshot::{Family, Kind, Reading, Sample};
use std::fmt::Write as _;

/// The families as text.
pub fn prometheus(families: &[Family]) -> String {
    let mut text = String::with_capacity(16 * 1024);
    for family in families {
        let kind = match family.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let Family { name, help, .. } = family;
        line(&mut text, format_args!("# HELP {name} {help}"));
        line(&mut text, format_args!("# TYPE {name} {kind}"));
        for sample in &family.samples {
            write_sample(&mut text, name, sample);
        }
    }
    text
}

fn write_sample(text: &mut String, name: &str, sample: &Sample) {
    let labels = labels(&sample.labels);
    match &sample.reading {
        Reading::Number(number) => line(text, format_args!("{name}{} {number}", braced(&labels))),
        Reading::Sizes { bounds, counts, sum } => {
            let mut all = 0;
            let bounds = bounds.iter().map(ToString::to_string).chain(["+Inf".to_owned()]);
            for (bound, count) in bounds.zip(counts) {
                all += count;
                let comma = if labels.is_empty() { "" } else { "," };
                line(text, format_args!("{name}_bucket{{{labels}{comma}le=\"{bound}\"}} {all}"));
            }
            line(text, format_args!("{name}_sum{} {sum}", braced(&labels)));
            line(text, format_args!("{name}_count{} {all}", braced(&labels)));
        }
    }
}

fn labels(labels: &[(&'static str, String)]) -> String {
    let mut text = String::new();
    for (name, value) in labels {
        if !text.is_empty() {
            text.push(',');
        }
        let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        write!(text, "{name}=\"{value}\"").expect("a string takes all");
    }
    text
}

fn braced(labels: &str) -> String {
    if labels.is_empty() { String::new() } else { format!("{{{labels}}}") }
}

fn line(text: &mut String, content: std::fmt::Arguments<'_>) {
    writeln!(text, "{content}").expect("a string takes all");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Requests, gauge};
    use std::time::Duration;

    #[test]
    fn texts() {
        let hostile = Sample {
            labels: vec![("kind", "a\"b\\c\nd".to_owned()), ("status", "200".to_owned())],
            reading: Reading::Sizes { bounds: vec![0.5, 1.0], counts: vec![1, 0, 2], sum: 9.5 },
        };
        let family =
            Family { name: "sizes", help: "Sizes.", kind: Kind::Histogram, samples: vec![hostile] };
        let text = prometheus(&[gauge("level", "A level.", 1.5), family]);
        let expected = [
            "# HELP level A level.",
            "# TYPE level gauge",
            "level 1.5",
            "# HELP sizes Sizes.",
            "# TYPE sizes histogram",
            r#"sizes_bucket{kind="a\"b\\c\nd",status="200",le="0.5"} 1"#,
            r#"sizes_bucket{kind="a\"b\\c\nd",status="200",le="1"} 1"#,
            r#"sizes_bucket{kind="a\"b\\c\nd",status="200",le="+Inf"} 3"#,
            r#"sizes_sum{kind="a\"b\\c\nd",status="200"} 9.5"#,
            r#"sizes_count{kind="a\"b\\c\nd",status="200"} 3"#,
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn operations_that_nobody_has_do_not_fill_memory() {
        let requests = Requests::new();
        for number in 0..10_000 {
            requests.answered("s", &format!("operation {number}"), 200, Duration::from_millis(1));
        }
        let (mut operations, mut answered) = (0, 0);
        requests.read(|_, _, series| {
            operations += 1;
            answered += series.statuses.values().sum::<u64>();
        });
        assert!(operations <= 2_001, "{operations}");
        assert_eq!(answered, 10_000);
    }
}
