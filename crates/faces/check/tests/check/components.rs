//! Components in YAML: what is in them is looked at with what each use gives.

use crate::programs::look;

fn found(text: &str) -> Vec<String> {
    let checked = look("Pulumi.yaml", text);
    let line = |finding: &check::Finding| {
        let at = checked.sources.position(finding.span);
        let correction = finding.correction.iter().map(|one| format!(" [{}]", one.trim()));
        format!(
            "{} {} {}{}",
            at.line,
            finding.rule,
            finding.message,
            correction.collect::<String>()
        )
    };
    checked.findings.iter().map(line).collect()
}

const SCHEDULED: &str = r#"name: p
runtime: yaml
components:
  Nightly:
    inputs:
      machine: { type: string }
      role: { type: string, default: "" }
      when: { type: string, default: rate(1 day) }
    resources:
      rule: { type: aws:cloudwatch:EventRule, properties: { scheduleExpression: "${when}" } }
      target: { type: aws:cloudwatch:EventTarget, properties: { rule: "${rule.name}", arn: "${machine}"ROLE } }
    outputs: { rule: "${rule.arn}" }
resources:
  role: { type: aws:iam:Role, properties: { assumeRolePolicy: { Version: "2012-10-17", Statement: { Effect: Allow, Action: "sts:AssumeRole", Principal: { Service: [states.amazonaws.com, events.amazonaws.com] } } } } }
  policy: { type: aws:iam:RolePolicy, properties: { role: "${role.name}", policy: { Version: "2012-10-17", Statement: { Effect: Allow, Action: "states:StartExecution", Resource: "${m.arn}" } } } }
  m: { type: aws:sfn:StateMachine, properties: { roleArn: "${role.arn}", definition: { StartAt: A, TimeoutSeconds: 60, States: { A: { Type: Succeed } } } } }
  one: { type: p:Nightly, properties: { machine: "${m.arn}", role: "${role.arn}" } }
  two: { type: p:index:Nightly, properties: { machine: "${m.arn}", role: "${role.arn}", when: rate(1 days) } }
outputs: { a: "${one.rule}", b: "${one.nothing}" }
"#;

#[test]
fn what_is_in_them_is_looked_at() {
    let sound =
        SCHEDULED.replace("ROLE", ", roleArn: \"${role}\"").replace("rate(1 days)", "rate(2 days)");
    assert_eq!(found(&sound), Vec::<String>::new());
    // What is wrong in the component is told once, what is wrong with a use at the use.
    let told = found(&SCHEDULED.replace("ROLE", ""));
    let rules: Vec<&str> = told.iter().map(|line| line.split(' ').nth(1).unwrap_or("")).collect();
    assert_eq!(rules, ["target-role", "schedule-expression"], "{told:#?}");
    assert!(told[0].starts_with("11 "), "{told:#?}");
    assert!(told[1].starts_with("18 "), "{told:#?}");
}

#[test]
fn names_are_those_of_the_component() {
    let text =
        SCHEDULED.replace("ROLE", ", roleArn: \"${rol}\"").replace("rate(1 days)", "rate(2 days)");
    let told = found(&text);
    assert!(told[0].contains("nothing here is called `rol`; did you mean `role`?"), "{told:#?}");
    // What is outside is not seen from inside.
    let text = SCHEDULED.replace("ROLE", ", roleArn: \"${m.roleArn}\"");
    assert!(found(&text)[0].contains("nothing here is called `m`"), "{:#?}", found(&text));
}

/// Each level uses the one below it ten times, and the last one the first.
#[test]
fn components_without_end() {
    let level = |level: usize| {
        let of = (level + 8) % 9;
        let uses: Vec<String> = (0..10).map(|n| format!("r{n}: {{ type: p:L{of} }}")).collect();
        format!("  L{level}: {{ resources: {{ {} }} }}\n", uses.join(", "))
    };
    let levels: String = (0..9).map(level).collect();
    let text = format!(
        "name: p\nruntime: yaml\ncomponents:\n{levels}resources: {{ all: {{ type: p:L8 }} }}\noutputs: {{ x: \"${{all.x}}\" }}\n"
    );
    assert_eq!(found(&text), Vec::<String>::new());
}
