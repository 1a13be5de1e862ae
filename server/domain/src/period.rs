//! Closed periods: days that nothing is dated into any more.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};

use crate::error::{Error, Result};
use crate::ids::KeyId;
use crate::refusal::Refusal;
use crate::transfer::utc_day;

/// A closed period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// Its first day; `None` when it runs from the beginning.
    pub starts_on: Option<Date>,
    /// Its last day.
    pub ends_on: Date,
    /// When it was closed.
    pub closed_at: Timestamp,
    /// Who closed it.
    pub key: KeyId,
}

/// The first day of the period that ends on `ends_on`, when it may be closed at `now`. `last` is the last closed day.
pub fn close(last: Option<Date>, ends_on: Date, now: Timestamp) -> Result<Option<Date>> {
    if let Some(last) = last.filter(|last| ends_on <= *last) {
        return Err(Refusal::PeriodAlreadyClosed { ends_on: last }.into());
    }
    let today = utc_day(now);
    if ends_on >= today {
        let problem = format!("is not over yet; give a day before {today}, today in UTC");
        return Err(Error::invalid("ends_on", problem));
    }
    Ok(last.and_then(|last| last.checked_add(1.day()).ok()))
}

/// Whether a day is one of a closed period, when the last closed day is `through`.
pub fn is_closed(through: Option<Date>, day: Date) -> bool {
    through.is_some_and(|through| day <= through)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_follows_the_one_before_and_is_over() {
        let now: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        let day = |text: &str| text.parse::<Date>().unwrap();
        let (january, february) = (day("2026-01-31"), day("2026-02-28"));
        assert_eq!(close(None, february, now), Ok(None));
        assert_eq!(close(Some(january), february, now), Ok(Some(day("2026-02-01"))));
        assert_eq!(close(Some(day("2026-02-27")), february, now), Ok(Some(february)));
        let again = Refusal::PeriodAlreadyClosed { ends_on: february };
        for ends_on in [february, january] {
            assert_eq!(close(Some(february), ends_on, now), Err(again.clone().into()));
        }
        for ends_on in [day("2026-03-01"), day("2026-03-02"), Date::MAX] {
            assert!(matches!(close(None, ends_on, now), Err(Error::Invalid(_))), "{ends_on}");
        }
        let before = now - jiff::SignedDuration::from_micros(1);
        assert!(close(None, february, before).is_err());
    }

    #[test]
    fn days_up_to_the_last_closed_one_are_closed() {
        let through = Date::constant(2026, 2, 28);
        assert!(is_closed(Some(through), through) && is_closed(Some(through), Date::MIN));
        assert!(!is_closed(Some(through), Date::constant(2026, 3, 1)) && !is_closed(None, through));
    }
}
