//! The one place where numbers become text for people.

/// A number with at most `decimals` places, thousands grouped with a comma, no trailing zeros:
/// `1,234.5`, `0.25`, `400`. Values that round to zero print as `0`, never `-0`.
pub(crate) fn number(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let plain = format!("{value:.decimals$}");
    let (digits, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let fraction = fraction.trim_end_matches('0');
    let (sign, digits) = digits
        .strip_prefix('-')
        .map_or(("", digits), |rest| ("-", rest));
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if !fraction.is_empty() {
        grouped.push('.');
        grouped.push_str(fraction);
    }
    if grouped == "0" {
        grouped
    } else {
        format!("{sign}{grouped}")
    }
}

/// A share between 0 and 1 as a percentage with one decimal: `7.6 %`.
pub(crate) fn percent(share: f64) -> String {
    format!("{} %", number(share * 100.0, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        for (value, decimals, text) in [
            (0.0, 2, "0"),
            (-0.001, 2, "0"),
            (400.0, 1, "400"),
            (1_234.56, 1, "1,234.6"),
            (-1_234_567.0, 0, "-1,234,567"),
            (0.25, 2, "0.25"),
            (f64::NAN, 1, "–"),
        ] {
            assert_eq!(number(value, decimals), text);
        }
        assert_eq!(percent(0.0759), "7.6 %");
    }
}
