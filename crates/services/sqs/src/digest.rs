//! The digests that clients verify.

use crate::records::Attribute;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};

/// The MD5 of a body, in hex.
pub(crate) fn of_body(body: &str) -> String {
    hex::encode(Md5::digest(body.as_bytes()))
}

/// The MD5 of attributes, which come in the order of their names; `None` when there are none.
// AWS: developer guide, calculating the MD5 digest of message attributes: of each attribute in the order of names, the
// name, the type, one byte for the kind of value, and the value, each text and value after its length in four bytes.
pub(crate) fn of_attributes<'a>(
    attributes: impl Iterator<Item = (&'a str, &'a Attribute)>,
) -> Option<String> {
    let mut md5 = Md5::new();
    let mut is_empty = true;
    for (name, attribute) in attributes {
        is_empty = false;
        sized(&mut md5, name.as_bytes());
        sized(&mut md5, attribute.data_type.as_bytes());
        let bytes = value_bytes(attribute);
        md5.update([if attribute.binary_value.is_some() { 2 } else { 1 }]);
        sized(&mut md5, &bytes);
    }
    (!is_empty).then(|| hex::encode(md5.finalize()))
}

/// The bytes of an attribute's value.
pub(crate) fn value_bytes(attribute: &Attribute) -> Vec<u8> {
    match (&attribute.binary_value, &attribute.string_value) {
        (Some(text), _) => STANDARD.decode(text).unwrap_or_default(),
        (None, Some(text)) => text.clone().into_bytes(),
        (None, None) => Vec::new(),
    }
}

fn sized(md5: &mut Md5, bytes: &[u8]) {
    // Messages are far shorter than four bytes can say.
    md5.update((bytes.len() as u32).to_be_bytes());
    md5.update(bytes);
}

#[cfg(test)]
mod tests {
    use super::{of_attributes, of_body};
    use crate::records::Attribute;

    fn attribute(data_type: &str, string: Option<&str>, binary: Option<&str>) -> Attribute {
        Attribute {
            data_type: data_type.to_owned(),
            string_value: string.map(str::to_owned),
            binary_value: binary.map(str::to_owned),
            string_list_values: Vec::new(),
            binary_list_values: Vec::new(),
        }
    }

    #[test]
    fn digests_are_those_of_aws() {
        assert_eq!(of_body("test"), "098f6bcd4621d373cade4e832627b4f6");
        assert_eq!(of_attributes(std::iter::empty()), None);
        // AWS: recorded answers.
        let binary = "dHJhY2VwYXJlbnQeMDAtNzc0MDYyZDZjMzcwODFhNWEwYjliNWI4OGUzMDYyN2MtMmQyNDgyMjExZjY0ODlkYS0wMQ==";
        for (attributes, expected) in [
            (
                vec![("Foo", attribute("String", Some("Bar"), None))],
                "ae7155c6026991b6d54b11589678bf9c",
            ),
            (
                vec![("attr1", attribute("Binary", None, Some(binary)))],
                "8cbe4db156db8a94db8b801b7addb984",
            ),
            (
                vec![
                    ("General", attribute("String", Some("Kenobi"), None)),
                    ("Hello", attribute("String", Some("There"), None)),
                    ("Help.Me", attribute("String", Some("Me"), None)),
                ],
                "4c360f3fdafd970e05fae2f149d997f5",
            ),
        ] {
            let found = of_attributes(attributes.iter().map(|(name, value)| (*name, value)));
            assert_eq!(found.as_deref(), Some(expected), "{attributes:?}");
        }
    }
}
