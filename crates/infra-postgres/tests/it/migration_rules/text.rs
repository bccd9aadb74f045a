//! Just as much of SQL as the rules look at: words, without what stands in comments and strings.

/// A statement as words in lower case and single signs. A string is one `'`, whatever it says.
pub struct Statement {
    words: Vec<String>,
    /// The words of its blocks between dollars.
    inner: Vec<String>,
}

/// One change of an `ALTER TABLE`.
pub struct Change<'a>(Vec<&'a str>);

/// The statements of a file.
pub fn statements(sql: &str) -> Vec<Statement> {
    let (mut all, mut words, mut inner) = (Vec::new(), Vec::new(), Vec::new());
    for piece in pieces(sql).into_iter().chain([Piece::Word(";".to_owned())]) {
        match piece {
            Piece::Block(block) => inner.extend(pieces(block).into_iter().filter_map(Piece::word)),
            Piece::Word(word) if word != ";" => words.push(word),
            Piece::Word(_) if words.is_empty() => {}
            Piece::Word(_) => all.push(Statement {
                words: std::mem::take(&mut words),
                inner: std::mem::take(&mut inner),
            }),
        }
    }
    all
}

enum Piece<'a> {
    Word(String),
    Block(&'a str),
}

impl Piece<'_> {
    fn word(self) -> Option<String> {
        match self {
            Self::Word(word) => Some(word),
            Self::Block(_) => None,
        }
    }
}

fn pieces(sql: &str) -> Vec<Piece<'_>> {
    let (mut rest, mut found) = (sql, Vec::new());
    while let Some(first) = rest.chars().next() {
        let until = |end: &str, from: usize| {
            let tail = rest.get(from..).unwrap_or_default();
            tail.find(end).map_or(rest.len(), |at| from + at + end.len())
        };
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let length = if rest.starts_with("--") {
            until("\n", 0)
        } else if rest.starts_with("/*") {
            until("*/", 2)
        } else if first == '\'' {
            found.push(Piece::Word("'".to_owned()));
            until("'", 1)
        } else if first == '"' {
            let length = until("\"", 1);
            found.push(Piece::Word(rest[..length].trim_matches('"').to_owned()));
            length
        } else if let Some(tag) = dollars(rest) {
            let length = until(tag, tag.len());
            found.push(Piece::Block(
                rest[..length].trim_start_matches(tag).trim_end_matches(tag),
            ));
            length
        } else if is_word(first) {
            let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            found.push(Piece::Word(rest[..length].to_lowercase()));
            length
        } else {
            if !first.is_whitespace() {
                found.push(Piece::Word(first.to_string()));
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    found
}

/// `$$` or `$name$` at the beginning.
fn dollars(text: &str) -> Option<&str> {
    let end = text.strip_prefix('$')?.find('$')? + 2;
    let tag = &text[..end];
    tag[1..end - 1]
        .chars()
        .all(|c| c.is_alphabetic() || c == '_')
        .then_some(tag)
}

/// What may stand between a command and the name that it is about.
const FILLERS: [&str; 5] = ["if", "not", "exists", "only", "concurrently"];

/// Behind these a name of an object follows.
const BEFORE_NAMES: [&str; 9] = [
    "table",
    "index",
    "references",
    "into",
    "update",
    "function",
    "sequence",
    "view",
    "trigger",
];

impl Statement {
    /// Whether it begins with these words.
    pub fn begins(&self, words: &[&str]) -> bool {
        self.words.iter().zip(words).filter(|(a, b)| a == b).count() == words.len()
    }

    /// Whether these words follow each other in it, or in one of its blocks.
    pub fn has(&self, words: &[&str]) -> bool {
        let follow = |all: &[String]| all.windows(words.len()).any(|these| these == words);
        follow(&self.words) || follow(&self.inner)
    }

    /// Whether a name has a schema before it, or the statement says which one is meant by those without.
    pub fn names_schema(&self) -> bool {
        let qualified = |all: &[String]| {
            (0..all.len()).any(|at| {
                let names = all.get(at + 1..).unwrap_or_default();
                let name = names.iter().skip_while(|word| FILLERS.contains(&word.as_str()));
                BEFORE_NAMES.contains(&all[at].as_str())
                    && name.clone().nth(1).is_some_and(|sign| sign == ".")
            })
        };
        qualified(&self.words)
            || qualified(&self.inner)
            || self.has(&["public", "."])
            || self.has(&["search_path"])
            || self.has(&["schema"])
    }

    /// The table that it makes.
    pub fn created_table(&self) -> Option<&str> {
        self.begins(&["create", "table"]).then(|| self.name(2)).flatten()
    }

    /// The index that it makes, and on which table. One without a name bears that of the table.
    pub fn created_index(&self) -> Option<(&str, &str)> {
        let name = match self.begins(&["create", "unique", "index"]) {
            true => self.name(3),
            false => self.begins(&["create", "index"]).then(|| self.name(2)).flatten(),
        }?;
        let on = self.words.iter().position(|word| word == "on")?;
        let table = self.name(on + 1)?;
        Some((if name == "on" { table } else { name }, table))
    }

    /// The indexes that it drops.
    pub fn dropped_indexes(&self) -> Vec<String> {
        if !self.begins(&["drop", "index"]) {
            return Vec::new();
        }
        let names = self.words.iter().skip(2);
        names
            .filter(|word| {
                !FILLERS.contains(&word.as_str()) && !["cascade", "restrict", ","].contains(&word.as_str())
            })
            .cloned()
            .collect()
    }

    /// Whether it lets others go on with the table.
    pub fn is_concurrent(&self) -> bool {
        self.words.iter().take(4).any(|word| word == "concurrently")
    }

    /// Whether a block makes or drops an index.
    pub fn has_index_in_block(&self) -> bool {
        let makes =
            |pair: &[String]| ["create", "unique", "drop"].contains(&pair[0].as_str()) && pair[1] == "index";
        self.inner.windows(2).any(makes)
    }

    /// The table that it changes, and the changes.
    pub fn altered_table(&self) -> Option<(&str, Vec<Change<'_>>)> {
        if !self.begins(&["alter", "table"]) {
            return None;
        }
        let table = self.name(2)?;
        let start = self.words.iter().position(|word| word == table)? + 1;
        let (mut changes, mut change, mut depth) = (Vec::new(), Vec::new(), 0);
        for word in self.words.iter().skip(start).map(String::as_str) {
            match word {
                "(" => depth += 1,
                ")" => depth -= 1,
                "," if depth == 0 => {
                    changes.push(Change(std::mem::take(&mut change)));
                    continue;
                }
                _ => {}
            }
            change.push(word);
        }
        changes.push(Change(change));
        Some((table, changes))
    }

    fn name(&self, from: usize) -> Option<&str> {
        let mut words = self.words.iter().skip(from).map(String::as_str);
        words.find(|word| !FILLERS.contains(word))
    }
}

impl Change<'_> {
    /// Why this change of a table in use stops its users or breaks the programs of the release before.
    pub fn stops_or_breaks(&self) -> Option<&'static str> {
        let has = |words: &[&str]| self.0.windows(words.len()).any(|these| these == words);
        let second = self.0.get(1).copied().unwrap_or_default();
        match self.0.first().copied().unwrap_or_default() {
            "rename" if second != "constraint" => Some("renames what an older program looks for"),
            "alter" if has(&["type"]) => Some("writes the table anew, or may"),
            "add" if has(&["unique"]) || has(&["primary", "key"]) || has(&["exclude"]) => {
                (!has(&["using", "index"])).then_some("builds an index in front of everybody: USING INDEX")
            }
            "add" if has(&["stored"]) => Some("writes the table anew"),
            "add" if ["constraint", "check", "foreign"].contains(&second) => None,
            "add" if has(&["not", "null"]) && !has(&["default"]) => {
                Some("a column that may not be null, without a default")
            }
            _ => None,
        }
    }
}
