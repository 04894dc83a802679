//! Pages of lists that are short enough to be read as a whole.

/// The elements after the one of that name, at most `size`, and the name to go on after. They are in order of their names.
pub(crate) fn page_of<T>(
    all: Vec<T>,
    name: impl Fn(&T) -> &str,
    after: Option<&str>,
    size: usize,
) -> (Vec<T>, Option<String>) {
    let mut page: Vec<T> =
        all.into_iter().filter(|one| after.is_none_or(|after| name(one) > after)).collect();
    let has_more = page.len() > size;
    page.truncate(size);
    let next = page.last().filter(|_| has_more).map(|last| name(last).to_owned());
    (page, next)
}
