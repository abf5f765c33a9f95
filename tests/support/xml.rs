//! Just enough of an XML reader to tell a well-formed document.

/// How many elements of that name the document has; panics where it is not well-formed.
pub fn elements(xml: &str, wanted: &str) -> usize {
    let mut rest = xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").unwrap();
    let (mut open, mut count, mut roots) = (Vec::new(), 0, 0);
    while let Some((before, after)) = rest.split_once('<') {
        assert!(!before.contains('>') && (!open.is_empty() || before.trim().is_empty()), "{before}");
        for entity in before.split('&').skip(1) {
            assert!(
                ["amp;", "lt;", "gt;", "quot;", "#9;", "#10;", "#13;"]
                    .iter()
                    .any(|one| entity.starts_with(one))
            );
        }
        let (tag, behind) = after.split_once('>').unwrap();
        rest = behind;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
            continue;
        }
        let name = tag.split([' ', '/']).next().unwrap();
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        roots += usize::from(open.is_empty());
        count += usize::from(name == wanted);
        if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty() && roots == 1 && rest.trim().is_empty(), "{xml}");
    count
}
