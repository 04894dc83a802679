//! Each rule has its page, whose bad example it finds and whose good one it does not.

use check::{Checked, Options, RULES, check_text};
use std::path::Path;

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/reference/checks")
}

/// The example below a heading: its language and text.
fn example<'t>(page: &'t str, heading: &str) -> Option<(&'t str, &'t str)> {
    let rest = &page[page.find(heading)? + heading.len()..];
    let (_, block) = rest.split_once("```")?;
    let (language, block) = block.split_once('\n')?;
    Some((language, block.split_once("\n```")?.0))
}

fn look((language, text): (&str, &str)) -> Checked {
    let name = match language {
        "yaml" => "Pulumi.yaml",
        "json" => "machine.asl.json",
        "python" => "__main__.py",
        "typescript" => "index.ts",
        other => panic!("no such language: {other}"),
    };
    check_text(name, text, Options { now_ms: 1_795_400_000_000 })
}

#[test]
fn every_rule_has_a_page_with_examples_that_it_tells_apart() {
    let index = std::fs::read_to_string(folder().join("README.md")).unwrap();
    for rule in RULES {
        let page =
            std::fs::read_to_string(folder().join(format!("{}.md", rule.id))).unwrap_or_default();
        assert!(page.starts_with(&format!("# {}: ", rule.id)), "{} has no page", rule.id);
        assert!(
            index.contains(&format!("[{0}]({0}.md) | {1} ", rule.id, rule.severity.word())),
            "{} is not in the index",
            rule.id
        );
        let bad = look(example(&page, "## Bad").unwrap());
        assert!(
            bad.findings.iter().any(|finding| finding.rule == rule.id),
            "{}: its bad example is not found: {:#?}",
            rule.id,
            bad.findings
        );
        let good = look(example(&page, "## Good").unwrap());
        let wrong: Vec<_> =
            good.findings.iter().filter(|finding| finding.rule == rule.id).collect();
        assert!(wrong.is_empty(), "{}: its good example is found: {wrong:#?}", rule.id);
    }
}

#[test]
fn good_examples_have_no_errors_of_other_rules() {
    for rule in RULES {
        let page = std::fs::read_to_string(folder().join(format!("{}.md", rule.id))).unwrap();
        let good = look(example(&page, "## Good").unwrap());
        let errors: Vec<_> = good
            .findings
            .iter()
            .filter(|finding| finding.severity == check::Severity::Error)
            .collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", rule.id);
    }
}

#[test]
fn no_page_is_left_over() {
    for entry in std::fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let id = name.trim_end_matches(".md");
        assert!(id == "README" || check::find_rule(id).is_some(), "{name} belongs to no rule");
    }
}
