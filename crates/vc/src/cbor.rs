//! The deterministic CBOR (RFC 8949 §4.2) that proof values of ecdsa-sd-2023 are made of, and nothing more of it.

/// The most items of one array or map, which bounds what a header can make a reader reserve.
const ITEM_LIMIT: u64 = 10_000;

const UNSIGNED: u8 = 0;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;

/// Reads items one after the other; every method returns `None` at the first byte that is not as it should be.
#[derive(Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Tells whether nothing is left.
    pub(crate) const fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn unsigned(&mut self) -> Option<u64> {
        self.head(UNSIGNED)
    }

    pub(crate) fn array(&mut self) -> Option<u64> {
        self.head(ARRAY).filter(|count| *count <= ITEM_LIMIT)
    }

    pub(crate) fn map(&mut self) -> Option<u64> {
        self.head(MAP).filter(|count| *count <= ITEM_LIMIT)
    }

    pub(crate) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.head(BYTES)?;
        self.take(length)
    }

    pub(crate) fn text(&mut self) -> Option<&'a str> {
        let length = self.head(TEXT)?;
        std::str::from_utf8(self.take(length)?).ok()
    }

    fn take(&mut self, length: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    /// Reads the head of an item of one major type, in its shortest form only.
    fn head(&mut self, major: u8) -> Option<u64> {
        let [first] = *self.take(1)? else {
            return None;
        };
        if first >> 5 != major {
            return None;
        }
        let (length, least) = match first & 0x1f {
            small @ 0..=23 => return Some(u64::from(small)),
            24 => (1, 24),
            25 => (2, 1 << 8),
            26 => (4, 1 << 16),
            27 => (8, 1 << 32),
            _ => return None,
        };
        let value = self
            .take(length)?
            .iter()
            .fold(0, |value, byte| (value << 8) | u64::from(*byte));
        (value >= least).then_some(value)
    }
}

/// Writes items in their shortest form.
#[derive(Debug, Default)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn new(header: &[u8]) -> Self {
        Self(header.to_vec())
    }

    pub(crate) fn unsigned(&mut self, value: usize) {
        self.head(UNSIGNED, value);
    }

    pub(crate) fn array(&mut self, count: usize) {
        self.head(ARRAY, count);
    }

    pub(crate) fn map(&mut self, count: usize) {
        self.head(MAP, count);
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.head(BYTES, bytes.len());
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.head(TEXT, text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn head(&mut self, major: u8, value: usize) {
        let major = major << 5;
        match (u8::try_from(value), u16::try_from(value), u32::try_from(value)) {
            (Ok(small @ 0..=23), _, _) => self.0.push(major | small),
            (Ok(byte), _, _) => self.0.extend([major | 0x18, byte]),
            (_, Ok(short), _) => {
                self.0.push(major | 0x19);
                self.0.extend(short.to_be_bytes());
            }
            (_, _, Ok(long)) => {
                self.0.push(major | 0x1a);
                self.0.extend(long.to_be_bytes());
            }
            _ => {
                self.0.push(major | 0x1b);
                self.0.extend((value as u64).to_be_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_at_every_length() {
        for value in [0, 23, 24, 255, 256, 65_535, 65_536, 1 << 32] {
            let mut writer = Writer::default();
            writer.unsigned(value);
            let bytes = writer.into_bytes();
            let mut reader = Reader::new(&bytes);
            assert_eq!(reader.unsigned(), Some(value as u64));
            assert!(reader.is_at_end());
        }
    }

    #[test]
    fn refuses_long_forms_other_types_and_cut_items() {
        for bytes in [
            &[0x18, 0x17][..],
            &[0x19, 0, 255],
            &[0x1a, 0, 0, 1, 0],
            &[0x1f],
            &[0x20],
            &[0x18],
            &[],
        ] {
            assert_eq!(Reader::new(bytes).unsigned(), None, "{bytes:02x?}");
        }
        assert_eq!(Reader::new(&[0x42, 1]).bytes(), None);
        assert_eq!(Reader::new(&[0x5f, 0x41, 1, 0xff]).bytes(), None);
        assert_eq!(Reader::new(&[0x61, 0xff]).text(), None);
        assert_eq!(Reader::new(&[0x9a, 0xff, 0xff, 0xff, 0xff]).array(), None);
    }
}
