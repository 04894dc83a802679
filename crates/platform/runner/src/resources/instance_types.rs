//! The instance types of SageMaker and what they have.
// AWS: https://aws.amazon.com/sagemaker/pricing/ and https://aws.amazon.com/ec2/instance-types/

use super::Resources;

/// Families whose sizes are all alike: name, GiB per vCPU.
const REGULAR: &[(&str, u64)] = &[
    ("c5", 2),
    ("c5d", 2),
    ("c6g", 2),
    ("c6gd", 2),
    ("c6i", 2),
    ("c6id", 2),
    ("c7g", 2),
    ("c7i", 2),
    ("c8g", 2),
    ("m5", 4),
    ("m5d", 4),
    ("m6g", 4),
    ("m6gd", 4),
    ("m6i", 4),
    ("m6id", 4),
    ("m7i", 4),
    ("m8g", 4),
    ("r5", 8),
    ("r5d", 8),
    ("r6g", 8),
    ("r6gd", 8),
    ("r6i", 8),
    ("r6id", 8),
    ("r7i", 8),
    ("r8g", 8),
];

/// Types that follow no rule: name, vCPU, GiB, GPU.
const IRREGULAR: &[(&str, u32, u64, u32)] = &[
    ("t2.medium", 2, 4, 0),
    ("t2.large", 2, 8, 0),
    ("t2.xlarge", 4, 16, 0),
    ("t2.2xlarge", 8, 32, 0),
    ("t3.medium", 2, 4, 0),
    ("t3.large", 2, 8, 0),
    ("t3.xlarge", 4, 16, 0),
    ("t3.2xlarge", 8, 32, 0),
    ("m4.xlarge", 4, 16, 0),
    ("m4.2xlarge", 8, 32, 0),
    ("m4.4xlarge", 16, 64, 0),
    ("m4.10xlarge", 40, 160, 0),
    ("m4.16xlarge", 64, 256, 0),
    ("c4.large", 2, 3, 0),
    ("c4.xlarge", 4, 7, 0),
    ("c4.2xlarge", 8, 15, 0),
    ("c4.4xlarge", 16, 30, 0),
    ("c4.8xlarge", 36, 60, 0),
    ("c5.9xlarge", 36, 72, 0),
    ("c5.18xlarge", 72, 144, 0),
    ("c5d.9xlarge", 36, 72, 0),
    ("c5d.18xlarge", 72, 144, 0),
    ("c5n.large", 2, 5, 0),
    ("c5n.xlarge", 4, 10, 0),
    ("c5n.2xlarge", 8, 21, 0),
    ("c5n.4xlarge", 16, 42, 0),
    ("c5n.9xlarge", 36, 96, 0),
    ("c5n.18xlarge", 72, 192, 0),
    ("p2.xlarge", 4, 61, 1),
    ("p2.8xlarge", 32, 488, 8),
    ("p2.16xlarge", 64, 732, 16),
    ("p3.2xlarge", 8, 61, 1),
    ("p3.8xlarge", 32, 244, 4),
    ("p3.16xlarge", 64, 488, 8),
    ("p3dn.24xlarge", 96, 768, 8),
    ("p4d.24xlarge", 96, 1152, 8),
    ("p4de.24xlarge", 96, 1152, 8),
    ("p5.4xlarge", 16, 256, 1),
    ("p5.48xlarge", 192, 2048, 8),
    ("p5e.48xlarge", 192, 2048, 8),
    ("p5en.48xlarge", 192, 2048, 8),
    ("p6-b200.48xlarge", 192, 2048, 8),
    ("g4dn.xlarge", 4, 16, 1),
    ("g4dn.2xlarge", 8, 32, 1),
    ("g4dn.4xlarge", 16, 64, 1),
    ("g4dn.8xlarge", 32, 128, 1),
    ("g4dn.12xlarge", 48, 192, 4),
    ("g4dn.16xlarge", 64, 256, 1),
    ("g5.xlarge", 4, 16, 1),
    ("g5.2xlarge", 8, 32, 1),
    ("g5.4xlarge", 16, 64, 1),
    ("g5.8xlarge", 32, 128, 1),
    ("g5.12xlarge", 48, 192, 4),
    ("g5.16xlarge", 64, 256, 1),
    ("g5.24xlarge", 96, 384, 4),
    ("g5.48xlarge", 192, 768, 8),
    ("g6.xlarge", 4, 16, 1),
    ("g6.2xlarge", 8, 32, 1),
    ("g6.4xlarge", 16, 64, 1),
    ("g6.8xlarge", 32, 128, 1),
    ("g6.12xlarge", 48, 192, 4),
    ("g6.16xlarge", 64, 256, 1),
    ("g6.24xlarge", 96, 384, 4),
    ("g6.48xlarge", 192, 768, 8),
    ("g6e.xlarge", 4, 32, 1),
    ("g6e.2xlarge", 8, 64, 1),
    ("g6e.4xlarge", 16, 128, 1),
    ("g6e.8xlarge", 32, 256, 1),
    ("g6e.12xlarge", 48, 384, 4),
    ("g6e.16xlarge", 64, 512, 1),
    ("g6e.24xlarge", 96, 768, 4),
    ("g6e.48xlarge", 192, 1536, 8),
    ("inf1.xlarge", 4, 8, 0),
    ("inf1.2xlarge", 8, 16, 0),
    ("inf1.6xlarge", 24, 48, 0),
    ("inf1.24xlarge", 96, 192, 0),
    ("inf2.xlarge", 4, 16, 0),
    ("inf2.8xlarge", 32, 128, 0),
    ("inf2.24xlarge", 96, 384, 0),
    ("inf2.48xlarge", 192, 768, 0),
    ("trn1.2xlarge", 8, 32, 0),
    ("trn1.32xlarge", 128, 512, 0),
    ("trn1n.32xlarge", 128, 512, 0),
    ("trn2.48xlarge", 192, 2048, 0),
];

/// What an instance type has (`ml.m5.xlarge`; the `ml.` may be left out); none for a name that is
/// not an instance type. Where AWS counts half a GiB it is left out.
pub fn instance_type(name: &str) -> Option<Resources> {
    let name = name.strip_prefix("ml.").unwrap_or(name);
    let irregular = IRREGULAR.iter().find(|row| row.0 == name);
    if let Some((_, vcpus, gib, gpus)) = irregular {
        return Some(Resources { vcpus: *vcpus, memory_mib: gib * 1024, gpus: *gpus });
    }
    let (family, size) = name.split_once('.')?;
    let (_, gib_per_vcpu) = REGULAR.iter().find(|row| row.0 == family)?;
    let vcpus = match size {
        "medium" if family.contains('g') => 1,
        "large" => 2,
        "xlarge" => 4,
        _ => size_number(size)? * 4,
    };
    Some(Resources { vcpus, memory_mib: u64::from(vcpus) * gib_per_vcpu * 1024, gpus: 0 })
}

/// The number of an `12xlarge`, where there is such a size.
fn size_number(size: &str) -> Option<u32> {
    let number = size.strip_suffix("xlarge")?;
    let sizes = [2, 4, 8, 12, 16, 24, 32, 48, 64, 96];
    sizes.into_iter().find(|size| size.to_string() == number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_known_by_row_or_by_rule() {
        let cases = [
            ("ml.m5.large", Some((2, 8, 0))),
            ("ml.m5.xlarge", Some((4, 16, 0))),
            ("ml.m5.24xlarge", Some((96, 384, 0))),
            ("ml.c5.9xlarge", Some((36, 72, 0))),
            ("ml.r6g.medium", Some((1, 8, 0))),
            ("ml.g5.12xlarge", Some((48, 192, 4))),
            ("p4d.24xlarge", Some((96, 1152, 8))),
            ("ml.m5.3xlarge", None),
            ("ml.m5.medium", None),
            ("ml.m5.4294967295xlarge", None),
            ("ml.m5", None),
            ("", None),
            ("ml.ü.xlarge", None),
        ];
        for (name, wanted) in cases {
            let wanted =
                wanted.map(|(vcpus, gib, gpus)| Resources { vcpus, memory_mib: gib * 1024, gpus });
            assert_eq!(instance_type(name), wanted, "{name}");
        }
    }
}
