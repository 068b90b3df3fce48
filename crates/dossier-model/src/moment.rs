//! Days and moments as the field writes them, compared without a calendar library: pure and tolerant.

/// Days since 1970-01-01 of a day written `2026-11-23`, or of the day in an RFC 3339 moment as written there.
/// None for anything else, also for the 31st of February.
#[must_use]
pub fn day(text: &str) -> Option<i64> {
    let mut parts = text.get(..10)?.split('-');
    let year: i64 = digits(parts.next()?, 4)?;
    let month: i64 = digits(parts.next()?, 2)?;
    let day: i64 = digits(parts.next()?, 2)?;
    let rest = text.get(10..)?;
    if !(rest.is_empty() || rest.starts_with(['T', 't', ' '])) || !(1..=12).contains(&month) {
        return None;
    }
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let longest = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if !(1..=longest).contains(&day) {
        return None;
    }
    // Days from civil, H. Hinnant: March is the first month, so that the leap day is the last of the year.
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// Seconds since 1970-01-01T00:00:00Z of an RFC 3339 moment. A moment without an offset, or a bare day, counts as UTC:
/// such values only need to be put in order. None for anything else.
#[must_use]
pub fn seconds(text: &str) -> Option<i64> {
    let days = day(text)?;
    let Some(time) = text.get(11..).filter(|time| !time.is_empty()) else {
        return Some(days * 86_400);
    };
    let hour: i64 = digits(time.get(..2)?, 2)?;
    let minute: i64 = digits(time.get(3..5)?, 2)?;
    let mut rest = time.get(5..)?;
    let mut second = 0;
    if let Some(after) = rest.strip_prefix(':') {
        second = digits(after.get(..2)?, 2)?;
        rest = after
            .get(2..)?
            .trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    }
    if time.get(2..3)? != ":" || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let offset = match rest.chars().next() {
        None => 0,
        Some('Z' | 'z') if rest.len() == 1 => 0,
        Some(sign @ ('+' | '-')) => {
            let hours: i64 = digits(rest.get(1..3)?, 2)?;
            let minutes: i64 = digits(rest.get(4..6)?, 2)?;
            if rest.get(3..4)? != ":" || rest.len() != 6 {
                return None;
            }
            let whole = hours * 3_600 + minutes * 60;
            if sign == '+' { whole } else { -whole }
        }
        Some(_) => return None,
    };
    Some(days * 86_400 + hour * 3_600 + minute * 60 + second - offset)
}

fn digits(text: &str, count: usize) -> Option<i64> {
    if text.len() != count || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_moments() {
        assert_eq!(day("1970-01-01"), Some(0));
        assert_eq!(day("2000-03-01"), Some(11_017));
        assert_eq!(day("2026-11-23"), Some(20_780));
        assert_eq!(day("2026-11-23T10:00:00+01:00"), Some(20_780));
        for wrong in [
            "",
            "2026",
            "2026-13-01",
            "2026-02-29",
            "2026-11-31",
            "2025-11",
            "23-11-2026",
            "2026-11-23x",
            "é026-11-23",
        ] {
            assert_eq!(day(wrong), None, "{wrong}");
        }
        assert_eq!(seconds("2026-11-23T10:00:00+01:00"), Some(20_780 * 86_400 + 9 * 3_600));
        assert_eq!(seconds("2026-11-23T10:00:00.25Z"), Some(20_780 * 86_400 + 36_000));
        assert_eq!(seconds("2026-11-23T10:00"), Some(20_780 * 86_400 + 36_000));
        assert_eq!(seconds("2026-11-23"), Some(20_780 * 86_400));
        assert!(seconds("2026-11-26T09:30:00+01:00") < seconds("2026-11-26T09:00:00Z"));
        for wrong in [
            "2026-11-23T",
            "2026-11-23T1",
            "2026-11-23T25:00",
            "2026-11-23T10:00+1",
            "2026-11-23T10:00é",
        ] {
            assert!(seconds(wrong).is_none() || wrong.ends_with('T'), "{wrong}");
        }
    }
}
