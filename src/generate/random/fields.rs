//! YAML maps and lists.

use std::fmt;

/// Keys and values in the order in which they were put in.
#[derive(Default)]
pub struct Fields(Vec<String>);

impl Fields {
    pub fn with(mut self, key: &str, value: impl fmt::Display) -> Fields {
        self.0.push(format!("{key}: {value}"));
        self
    }

    pub fn has(&self, key: &str) -> bool {
        self.0.iter().any(|field| field.split(':').next() == Some(key))
    }

    pub fn with_if(self, wanted: bool, key: &str, value: impl fmt::Display) -> Fields {
        if wanted { self.with(key, value) } else { self }
    }

    /// As a block map, a line for each key.
    pub fn block(&self, indent: usize) -> String {
        self.0.iter().map(|field| format!("{:indent$}{field}\n", "")).collect()
    }
}

impl fmt::Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}", self.0.join(", "))
    }
}

/// A YAML flow list.
pub fn list<T: fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    format!("[{}]", items.join(", "))
}

/// A double-quoted scalar of what needs no escape.
pub fn quoted(text: impl fmt::Display) -> String {
    format!("\"{text}\"")
}
