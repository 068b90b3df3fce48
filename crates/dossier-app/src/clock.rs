//! The calendar of this program: the system's, or one that a test or demo set. Timers always run on the system's.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::contract::Fault;

/// Where the date comes from.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clock {
    /// Added to the system's time, in milliseconds.
    shift_ms: i64,
    /// It stands still here, in milliseconds since 1970.
    stopped_ms: Option<i64>,
}

impl Clock {
    /// The system's calendar.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// A calendar that says `now` now and runs on from there.
    ///
    /// # Errors
    /// Text that is not RFC 3339.
    pub fn starting(now: &str) -> Result<Self, Fault> {
        let wanted = OffsetDateTime::parse(now, &Rfc3339).map_err(|_| Fault::invalid("--now"))?;
        let wanted_ms =
            i64::try_from(wanted.unix_timestamp_nanos() / 1_000_000).map_err(|_| Fault::invalid("--now"))?;
        Ok(Self {
            shift_ms: wanted_ms - system_ms(),
            stopped_ms: None,
        })
    }

    /// A calendar that says this moment, in milliseconds since 1970, for as long as somebody looks back at it.
    #[must_use]
    pub(crate) fn stopped(ms: u64) -> Self {
        Self {
            shift_ms: 0,
            stopped_ms: Some(stored_ms(ms)),
        }
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        let running = || system_ms().saturating_add(self.shift_ms);
        u64::try_from(self.stopped_ms.unwrap_or_else(running)).unwrap_or(0)
    }

    /// Today, as `2026-11-23`, in the resident's time zone.
    #[must_use]
    pub fn today(&self) -> String {
        rfc3339(self.now_ms()).chars().take(10).collect()
    }
}

/// A moment as the store keeps it: milliseconds since 1970 with a sign.
pub(crate) fn stored_ms(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

fn system_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Offset of Dutch clocks at a moment, in seconds: one hour, two from the last Sunday of March 01:00 UTC to the last
/// Sunday of October 01:00 UTC (directive 2000/84/EC).
fn dutch_offset(at: OffsetDateTime) -> i32 {
    let last_sunday = |month: time::Month| {
        let last = time::Date::from_calendar_date(at.year(), month, 31).ok()?;
        let back = i64::from(last.weekday().number_days_from_sunday());
        last.checked_sub(time::Duration::days(back))?
            .with_hms(1, 0, 0)
            .ok()
            .map(time::PrimitiveDateTime::assume_utc)
    };
    let summer = last_sunday(time::Month::March).is_some_and(|start| at >= start)
        && last_sunday(time::Month::October).is_some_and(|end| at < end);
    if summer { 7200 } else { 3600 }
}

/// A moment as RFC 3339 in Dutch time.
#[must_use]
pub fn rfc3339(ms: u64) -> String {
    let seconds = i64::try_from(ms / 1000).unwrap_or(0);
    let utc = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let offset = time::UtcOffset::from_whole_seconds(dutch_offset(utc)).unwrap_or(time::UtcOffset::UTC);
    utc.to_offset(offset).format(&Rfc3339).unwrap_or_default()
}

/// Seconds since 1970 at the end of a day (`2027-03-03`) in Dutch time, or of an RFC 3339 moment.
///
/// # Errors
/// Text that is neither.
pub fn end_of(day: &str) -> Result<u64, Fault> {
    let bad = || Fault::invalid("date");
    if let Ok(moment) = OffsetDateTime::parse(day, &Rfc3339) {
        return u64::try_from(moment.unix_timestamp()).map_err(|_| bad());
    }
    let format = time::macros::format_description!("[year]-[month]-[day]");
    let date = time::Date::parse(day, &format).map_err(|_| bad())?;
    let midnight = date.next_day().ok_or_else(bad)?.midnight().assume_utc();
    let seconds = midnight.unix_timestamp() - i64::from(dutch_offset(midnight)) - 1;
    u64::try_from(seconds).map_err(|_| bad())
}

/// The same day a month later, as `2026-12-23`; the last day of a month that is too short.
///
/// # Errors
/// Text that is no day.
pub fn month_after(day: &str) -> Result<String, Fault> {
    let bad = || Fault::invalid("date");
    let format = time::macros::format_description!("[year]-[month]-[day]");
    let date = time::Date::parse(day.get(..10).unwrap_or(day), &format).map_err(|_| bad())?;
    let month = date.month().next();
    let year = date.year() + i32::from(month == time::Month::January);
    let last = month.length(year);
    let later = time::Date::from_calendar_date(year, month, date.day().min(last)).map_err(|_| bad())?;
    later.format(&format).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dutch_days_end_at_dutch_midnight() {
        assert_eq!(
            rfc3339(end_of("2026-11-23").unwrap() * 1000),
            "2026-11-23T23:59:59+01:00"
        );
        assert_eq!(
            rfc3339(end_of("2026-07-01").unwrap() * 1000),
            "2026-07-01T23:59:59+02:00"
        );
        assert!(end_of("gisteren").is_err());
        assert_eq!(
            Clock::starting("2026-11-23T08:00:00+01:00").unwrap().today(),
            "2026-11-23"
        );
        assert!(Clock::starting("nu").is_err());
    }

    #[test]
    fn whoever_looks_back_at_a_day_stays_there() {
        let end = end_of("2026-11-02").unwrap() * 1000;
        let clock = Clock::stopped(end);
        std::thread::sleep(Duration::from_millis(1_100));
        assert_eq!((clock.now_ms(), clock.today().as_str()), (end, "2026-11-02"));
    }

    #[test]
    fn a_month_later_is_a_day_that_exists() {
        for (day, later) in [
            ("2026-11-23", "2026-12-23"),
            ("2026-12-31", "2027-01-31"),
            ("2027-01-31", "2027-02-28"),
            ("2028-01-30T10:00:00+01:00", "2028-02-29"),
        ] {
            assert_eq!(month_after(day).unwrap(), later);
        }
        assert!(month_after("2026").is_err());
    }
}
