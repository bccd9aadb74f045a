//! Percentiles.

use std::io::BufRead;

use crate::Failure;

/// The value below or at which this many per mille of the sorted values lie.
pub fn per_mille(sorted: &[u64], share: usize) -> u64 {
    let rank = (sorted.len() * share).div_ceil(1000).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

/// The 99th percentile of a column of standard input, counted from 1.
pub fn run(args: &[&str]) -> Result<String, Failure> {
    let column: usize = args.first().map_or(Ok(1), |text| text.parse())?;
    let mut values = Vec::new();
    for line in std::io::stdin().lock().lines() {
        if let Some(text) = line?.split_whitespace().nth(column.saturating_sub(1)) {
            values.push(text.parse()?);
        }
    }
    if values.is_empty() {
        return Err("no values".into());
    }
    values.sort_unstable();
    Ok(per_mille(&values, 990).to_string())
}

#[cfg(test)]
mod tests {
    use super::per_mille;

    #[test]
    fn ranks_are_counted_from_below() {
        let values: Vec<u64> = (1..=1000).collect();
        assert_eq!(
            (
                per_mille(&values, 500),
                per_mille(&values, 990),
                per_mille(&values, 1000)
            ),
            (500, 990, 1000)
        );
        assert_eq!((per_mille(&[7], 990), per_mille(&[], 990)), (7, 0));
    }
}
