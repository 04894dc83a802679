//! Names of members as Step Functions writes them.

/// The member's name in optimised integrations: as AWS's model has it, the first letter in upper case.
pub(super) fn optimised(member: &str) -> String {
    first_upper(member)
}

/// The member's name in AWS SDK integrations: as the SDK for Java 2 names it, the first letter in upper case.
///
/// That SDK writes a run of capitals at the start as one word: `DBInstanceIdentifier` is `DbInstanceIdentifier`,
/// `MD5OfBody` is `Md5OfBody`, but `ETag` stays.
pub(super) fn sdk(member: &str) -> String {
    let characters: Vec<char> = member.chars().collect();
    let is = |at: usize, test: fn(char) -> bool| characters.get(at).copied().is_some_and(test);
    let mut run = 1;
    while is(run, char::is_uppercase) && !is(run + 1, char::is_lowercase) {
        run += 1;
    }
    let lowered = characters.iter().take(run).flat_map(|c| c.to_lowercase());
    let name: String = lowered.chain(characters.iter().skip(run).copied()).collect();
    first_upper(&name)
}

/// The text with its first letter in upper case.
pub(super) fn first_upper(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{optimised, sdk};

    #[test]
    fn names() {
        for (member, in_optimised, in_sdk) in [
            ("TrainingJobName", "TrainingJobName", "TrainingJobName"),
            ("stateMachineArn", "StateMachineArn", "StateMachineArn"),
            ("ETag", "ETag", "ETag"),
            ("DBInstanceIdentifier", "DBInstanceIdentifier", "DbInstanceIdentifier"),
            ("MD5OfMessageBody", "MD5OfMessageBody", "Md5OfMessageBody"),
            ("SSEKMSKeyId", "SSEKMSKeyId", "SsekmsKeyId"),
            ("VolumeSizeInGB", "VolumeSizeInGB", "VolumeSizeInGB"),
            (
                "SupportedResponseMIMETypes",
                "SupportedResponseMIMETypes",
                "SupportedResponseMIMETypes",
            ),
            ("ID", "ID", "Id"),
            ("", "", ""),
        ] {
            assert_eq!((&*optimised(member), &*sdk(member)), (in_optimised, in_sdk), "{member}");
        }
    }
}
