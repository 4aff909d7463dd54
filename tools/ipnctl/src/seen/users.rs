// SPDX-License-Identifier: GPL-2.0

//! The names of users.

use std::collections::HashMap;
use std::fs;

/// Names by numbers, of `/etc/passwd`: a static program has no other list.
#[derive(Debug, Default)]
pub struct Users(HashMap<u32, String>);

impl Users {
    /// Those of this system.
    pub fn read() -> Self {
        let text = fs::read("/etc/passwd").unwrap_or_default();
        Self::of(&String::from_utf8_lossy(&text))
    }

    /// Those of a text as that file has it. Of several names of a number the first is its.
    pub fn of(text: &str) -> Self {
        let mut names = HashMap::new();
        for line in text.lines() {
            let mut fields = line.split(':');
            let (name, number) = (fields.next(), fields.nth(1));
            if let (Some(name), Some(Ok(number))) = (name, number.map(str::parse)) {
                if !name.is_empty() {
                    names.entry(number).or_insert_with(|| name.to_owned());
                }
            }
        }
        Self(names)
    }

    /// The name of a number, or the number itself.
    pub fn name(&self, number: u32) -> String {
        match self.0.get(&number) {
            Some(name) => ipn::Shown::of(name).to_string(),
            None => number.to_string(),
        }
    }

    /// The same, and nothing where it is not told.
    pub fn name_of(&self, number: Option<u32>) -> String {
        number.map_or_else(|| "-".to_owned(), |number| self.name(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_the_first_name_of_it() {
        let users =
            Users::of("root:x:0:0::/root:/bin/sh\nu1:x:1000:100::/:\nalso:x:0:0::/:\n\n::1:");
        assert_eq!(users.name(0), "root");
        assert_eq!(users.name(1000), "u1");
        assert_eq!(users.name(1), "1");
        assert_eq!(users.name_of(None), "-");
    }
}
