//! The statements of one request, from the server's log to a pgbench script.
//!
//! The log (`log_statement = all`) has each statement with its parameters. A parameter that is one
//! of the given values becomes a variable of the script: the random choice of a run, or what an
//! earlier statement returned. All others stay what they were in the captured request.

use std::io::Read;

use crate::Failure;

#[derive(Debug, Default, PartialEq, Eq)]
struct Statement {
    sql: String,
    /// In order; `None` for NULL.
    values: Vec<Option<String>>,
}

/// Reads the log from standard input. `VALUE=NAME` makes a variable of a parameter; `VALUE=NAME<TEXT`
/// says as well that the statement that contains TEXT returns it (pgbench's `\gset` names it).
/// Constants stand before the script as `-- define NAME=VALUE`, for pgbench's `-D`: within a script
/// it knows numbers only.
pub fn run(args: &[&str]) -> Result<String, Failure> {
    let mut log = String::new();
    std::io::stdin().lock().read_to_string(&mut log)?;
    let statements = statements(&log);
    if statements.is_empty() {
        return Err("no statement in the log".into());
    }
    script(&statements, args)
}

fn statements(log: &str) -> Vec<Statement> {
    let mut found: Vec<Statement> = Vec::new();
    for entry in entries(log) {
        if let Some((_, rest)) = entry.split_once("LOG:  execute ") {
            let sql = rest.split_once(": ").map_or(rest, |(_, sql)| sql);
            found.push(Statement {
                sql: sql.to_owned(),
                values: Vec::new(),
            });
        } else if let Some((_, sql)) = entry.split_once("LOG:  statement: ") {
            found.push(Statement {
                sql: sql.to_owned(),
                values: Vec::new(),
            });
        } else if let Some((_, list)) = entry.split_once("DETAIL:  ")
            && let Some((_, list)) = list.split_once("arameters: ")
            && let Some(last) = found.last_mut()
        {
            last.values = values(list);
        }
    }
    // The session is read again once in 0.8 s, whatever the number of requests.
    found.retain(|statement| !statement.sql.contains("FROM sessions s"));
    found
}

/// Lines that belong together: a text goes on after a line that begins with a tab.
fn entries(log: &str) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    for line in log.lines() {
        match (line.strip_prefix('\t'), entries.last_mut()) {
            (Some(more), Some(last)) => {
                last.push('\n');
                last.push_str(more);
            }
            _ => entries.push(line.to_owned()),
        }
    }
    entries
}

/// `$1 = 'a', $2 = NULL`
fn values(mut list: &str) -> Vec<Option<String>> {
    let mut values = Vec::new();
    while let Some((_, rest)) = list.split_once(" = ") {
        let Some(quoted) = rest.strip_prefix('\'') else {
            values.push(None);
            list = rest;
            continue;
        };
        let (mut value, mut chars) = (String::new(), quoted.char_indices().peekable());
        let mut end = quoted.len();
        while let Some((at, c)) = chars.next() {
            if c != '\'' {
                value.push(c);
            } else if chars.next_if(|(_, next)| *next == '\'').is_some() {
                value.push('\'');
            } else {
                end = at + 1;
                break;
            }
        }
        values.push(Some(value));
        list = quoted.get(end..).unwrap_or_default();
    }
    values
}

fn script(statements: &[Statement], rules: &[&str]) -> Result<String, Failure> {
    let mut known: Vec<(&str, &str)> = Vec::new();
    let mut returns: Vec<(&str, &str)> = Vec::new();
    for rule in rules {
        let (value, target) = rule.split_once('=').ok_or("VALUE=NAME is wanted")?;
        let (name, from) = target
            .split_once('<')
            .map_or((target, None), |(name, from)| (name, Some(from)));
        known.push((value, name));
        returns.extend(from.map(|from| (name, from)));
    }
    let (mut defined, mut text) = (String::new(), String::new());
    let mut constants = 0;
    for statement in statements {
        let mut sql = statement.sql.clone();
        // From the last: $1 is the beginning of $10.
        for (at, value) in statement.values.iter().enumerate().rev() {
            let written = match value {
                None => "NULL".to_owned(),
                Some(value) => match known.iter().find(|(known, _)| known == value) {
                    Some((_, name)) => format!(":{name}"),
                    None if value.contains('\n') => {
                        return Err(format!("a value of several lines: {value}").into());
                    }
                    None => {
                        constants += 1;
                        defined.push_str(&format!("-- define c{constants}={value}\n"));
                        format!(":c{constants}")
                    }
                },
            };
            sql = sql.replace(&format!("${}", at + 1), &written);
        }
        text.push_str(&sql);
        // What is returned is named by prefix and column: job_id of job_ and id.
        match returns.iter().find(|(_, from)| statement.sql.contains(from)) {
            Some((name, _)) => {
                text.push_str(&format!(" \\gset {}_\n", name.split('_').next().unwrap_or(name)))
            }
            None => text.push_str(";\n"),
        }
    }
    Ok(defined + &text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
2026-01-01 10:00:00 UTC [1] u@d LOG:  execute s0: SELECT x FROM sessions s WHERE id = $1
2026-01-01 10:00:00 UTC [1] u@d DETAIL:  parameters: $1 = '9'
2026-01-01 10:00:00 UTC [2] u@d LOG:  statement: BEGIN
2026-01-01 10:00:00 UTC [2] u@d LOG:  execute <unnamed>: INSERT INTO t VALUES ($1,
\t$2, $3) RETURNING id
2026-01-01 10:00:00 UTC [2] u@d DETAIL:  Parameters: $1 = 'l''eau : $2', $2 = NULL, $3 = '7'
2026-01-01 10:00:00 UTC [2] u@d LOG:  execute s1: UPDATE t SET a = $2 WHERE id = $1
2026-01-01 10:00:00 UTC [2] u@d DETAIL:  parameters: $1 = '12', $2 = ''
";

    #[test]
    fn statements_come_back_with_their_values() {
        let found = statements(LOG);
        assert_eq!(found.len(), 3);
        let values: Vec<Option<&str>> = found[1].values.iter().map(Option::as_deref).collect();
        assert_eq!(values, [Some("l'eau : $2"), None, Some("7")]);
        assert_eq!(found[2].values, [Some("12".to_owned()), Some(String::new())]);
    }

    #[test]
    fn known_values_become_variables() {
        let script = script(&statements(LOG), &["7=n", "12=t_id<INSERT INTO t"]).expect("a script");
        let expected = "-- define c1=l'eau : $2\n-- define c2=\nBEGIN;\nINSERT INTO t VALUES (:c1,\nNULL, :n) RETURNING id \\gset t_\n\
                        UPDATE t SET a = :c2 WHERE id = :t_id;\n";
        assert_eq!(script, expected);
    }
}
