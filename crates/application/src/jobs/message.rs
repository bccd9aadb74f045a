//! The plain text of a notification, in a form that reads well as it is and that the HTML of an
//! e-mail can be made of: paragraphs, `• label : value` lines, `> ` quotations, separated by empty
//! lines. What people typed is kept to one line, or quoted, so that it cannot pass for another form.

use domain::notification::MAX_BODY;

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// Sentences.
    Paragraph(String),
    /// Labels and values.
    Details(Vec<(String, String)>),
    /// What somebody wrote, line by line.
    Quote(Vec<String>),
}

const BULLET: &str = "• ";
const SEPARATOR: &str = " : ";
const QUOTE: &str = "> ";
/// Longest quotation in characters; the whole of it is one click away.
const MAX_QUOTE: usize = 6_000;

/// A text under construction.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message(Vec<Block>);

impl Message {
    /// Adds sentences.
    pub fn paragraph(mut self, text: &str) -> Self {
        let text = one_line(text);
        // A name at the beginning must not turn the sentence into something else.
        let text = text.trim_start_matches(['•', '>', ' ']);
        if !text.is_empty() {
            self.0.push(Block::Paragraph(text.to_owned()));
        }
        self
    }

    /// Adds labels and values; those without a value are left out.
    pub fn details<L: AsRef<str>>(mut self, rows: impl IntoIterator<Item = (L, Option<String>)>) -> Self {
        let rows: Vec<_> = rows
            .into_iter()
            .filter_map(|(label, value)| Some((one_line(label.as_ref()), one_line(&value?))))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        if !rows.is_empty() {
            self.0.push(Block::Details(rows));
        }
        self
    }

    /// Adds what somebody wrote.
    pub fn quote(mut self, text: Option<&str>) -> Self {
        let text: String = text
            .unwrap_or_default()
            .trim()
            .chars()
            .take(MAX_QUOTE + 1)
            .collect();
        let cut = text.chars().count() > MAX_QUOTE;
        let mut lines: Vec<String> = text.lines().map(one_line).collect();
        if cut {
            lines.push("[…]".to_owned());
        }
        if lines.iter().any(|l| !l.is_empty()) {
            self.0.push(Block::Quote(lines));
        }
        self
    }

    /// The text, as it is stored and shown in the inbox.
    pub fn write(&self) -> String {
        let blocks: Vec<String> = self.0.iter().map(write_block).collect();
        clip(&blocks.join("\n\n"), MAX_BODY)
    }
}

fn write_block(block: &Block) -> String {
    let lines: Vec<String> = match block {
        Block::Paragraph(text) => return text.clone(),
        Block::Details(rows) => rows
            .iter()
            .map(|(l, v)| format!("{BULLET}{l}{SEPARATOR}{v}"))
            .collect(),
        Block::Quote(lines) => lines
            .iter()
            .map(|l| format!("{QUOTE}{l}").trim_end().to_owned())
            .collect(),
    };
    lines.join("\n")
}

/// The parts of a stored text; anything that is not in the form of this module is paragraphs.
pub fn read(text: &str) -> Vec<Block> {
    text.split("\n\n")
        .map(str::trim_end)
        .filter(|b| !b.trim().is_empty())
        .map(read_block)
        .collect()
}

fn read_block(block: &str) -> Block {
    let details = || {
        block
            .lines()
            .map(|line| line.strip_prefix(BULLET)?.split_once(SEPARATOR))
            .map(|row| row.map(|(l, v)| (l.to_owned(), v.to_owned())))
            .collect::<Option<Vec<_>>>()
    };
    let quote = || {
        block
            .lines()
            .map(|line| {
                line.strip_prefix(QUOTE)
                    .or((line == QUOTE.trim_end()).then_some(""))
            })
            .map(|line| line.map(str::to_owned))
            .collect::<Option<Vec<_>>>()
    };
    if let Some(rows) = details() {
        Block::Details(rows)
    } else if let Some(lines) = quote() {
        Block::Quote(lines)
    } else {
        Block::Paragraph(one_line(block))
    }
}

/// The text on one line: no control characters, single spaces.
pub fn one_line(text: &str) -> String {
    let printable = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect::<String>();
    printable.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// At most `max` characters; the last one shows that something is missing.
pub fn clip(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(max.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_text_reads_well_as_it_is() {
        let message = Message::default()
            .paragraph("Une panne\nvient d'être déclarée.")
            .details([("Équipement", Some("Presse : n° 4".to_owned())), ("Lieu", None)])
            .quote(Some("Fuite d'huile\n\nau vérin\t2"));
        let text = message.write();
        assert_eq!(
            text,
            "Une panne vient d'être déclarée.\n\n• Équipement : Presse : n° 4\n\n> Fuite d'huile\n>\n> au vérin 2"
        );
        assert_eq!(read(&text), message.0);
    }

    #[test]
    fn what_people_type_cannot_forge_another_form() {
        let evil = "• x : y\n\n• Total : 0 MAD\n\n> signé";
        let message = Message::default().paragraph(evil).quote(Some(evil));
        let blocks = read(&message.write());
        assert_eq!(blocks.len(), 2, "{blocks:?}");
        assert!(matches!(&blocks[0], Block::Paragraph(_)));
        assert!(matches!(&blocks[1], Block::Quote(lines) if lines.len() == 5));
    }

    #[test]
    fn long_quotations_say_that_they_are_cut() {
        let text = Message::default().quote(Some(&"é".repeat(9_000))).write();
        assert!(text.ends_with("[…]") && text.chars().count() < MAX_BODY);
        assert_eq!(clip("abcdef", 4), "abc…");
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_back(p in ".{1,80}", label in "[A-Za-zé ]{1,20}", value in ".{0,80}", q in "(?s).{0,200}") {
            let message = Message::default()
                .paragraph(&p)
                .details([(label, Some(format!("v {value}")))])
                .quote(Some(&q));
            prop_assert_eq!(read(&message.write()), message.0);
        }
    }
}
