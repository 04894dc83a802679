//! Uniform resource names: `urn:pulumi:STACK::PROJECT::[PARENT TYPES$]TYPE::NAME`.

/// The type of the stack itself.
pub(crate) const STACK: &str = "pulumi:pulumi:Stack";
/// The type of AWS providers.
pub(crate) const PROVIDER: &str = "pulumi:providers:aws";
/// The type of references to other stacks.
pub(crate) const STACK_REFERENCE: &str = "pulumi:pulumi:StackReference";

/// The URN of a resource.
pub(crate) fn of(
    stack: &str,
    project: &str,
    parent: Option<&str>,
    token: &str,
    name: &str,
) -> String {
    let parent = parent.map(types).filter(|types| !types.is_empty() && *types != STACK);
    let types = parent.map_or_else(|| token.to_owned(), |parent| format!("{parent}${token}"));
    format!("urn:pulumi:{stack}::{project}::{types}::{name}")
}

/// The URN of a stack.
pub(crate) fn stack(stack: &str, project: &str) -> String {
    of(stack, project, None, STACK, &format!("{project}-{stack}"))
}

/// The types of a URN, parents included.
fn types(urn: &str) -> &str {
    urn.split("::").nth(2).unwrap_or_default()
}

/// Whether a type is the engine's own, not AWS's.
pub(crate) fn is_builtin(token: &str) -> bool {
    token == PROVIDER || token == STACK_REFERENCE
}

/// Whether a type is a provider.
pub(crate) fn is_provider(token: &str) -> bool {
    token.starts_with("pulumi:providers:")
}

#[cfg(test)]
mod tests {
    use super::{of, stack};

    #[test]
    fn parents_but_the_stack_are_part_of_it() {
        let top = stack("dev", "p");
        assert_eq!(top, "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev");
        let parent = of("dev", "p", Some(&top), "aws:s3/bucket:Bucket", "b");
        assert_eq!(parent, "urn:pulumi:dev::p::aws:s3/bucket:Bucket::b");
        let child = of("dev", "p", Some(&parent), "aws:s3/bucketPolicy:BucketPolicy", "c");
        assert_eq!(
            child,
            "urn:pulumi:dev::p::aws:s3/bucket:Bucket$aws:s3/bucketPolicy:BucketPolicy::c"
        );
    }
}
