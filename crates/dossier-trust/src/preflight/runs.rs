//! Columns as runs: walked for their length first, expanded row by row only afterwards.

use std::marker::PhantomData;

use super::Refusal;
use super::reader::Reader;

/// How one value of a run-length column is written.
pub(super) trait Cell {
    type Value<'a>: Copy + PartialEq;

    fn read<'a>(reader: &mut Reader<'a>) -> Result<Self::Value<'a>, Refusal>;
}

/// Unsigned LEB128.
#[derive(Clone, Copy)]
pub(super) struct Unsigned;

impl Cell for Unsigned {
    type Value<'a> = u64;

    fn read<'a>(reader: &mut Reader<'a>) -> Result<u64, Refusal> {
        reader.uleb()
    }
}

/// Signed LEB128, a difference to the row before.
#[derive(Clone, Copy)]
pub(super) struct Difference;

impl Cell for Difference {
    type Value<'a> = i64;

    fn read<'a>(reader: &mut Reader<'a>) -> Result<i64, Refusal> {
        reader.sleb()
    }
}

/// A byte string behind its length.
#[derive(Clone, Copy)]
pub(super) struct Bytes;

impl Cell for Bytes {
    type Value<'a> = &'a [u8];

    fn read<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], Refusal> {
        reader.prefixed()
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Nothing,
    Nulls,
    Repeat,
    Literal,
}

/// Equal neighbouring rows, as many as the column writes together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Run<V> {
    pub(super) rows: u32,
    /// `None` for rows without a value.
    pub(super) value: Option<V>,
}

/// The runs of one column in canonical form: repeats of at least two, no neighbours that could
/// have been written as one, no literal run behind a literal run.
#[derive(Clone, Copy)]
pub(super) struct Runs<'a, C: Cell> {
    reader: Reader<'a>,
    literals: u64,
    shape: Shape,
    last: Option<C::Value<'a>>,
    rows_left: u32,
    too_many: Refusal,
    cell: PhantomData<C>,
}

impl<'a, C: Cell> Runs<'a, C> {
    /// `too_many` is what a column of more than `max_rows` rows is refused with; it is noticed at
    /// the header of the run that goes over.
    pub(super) fn new(column: &'a [u8], max_rows: u32, too_many: Refusal) -> Self {
        Self {
            reader: Reader::new(column),
            literals: 0,
            shape: Shape::Nothing,
            last: None,
            rows_left: max_rows,
            too_many,
            cell: PhantomData,
        }
    }

    fn count(&mut self, rows: u64) -> Result<u32, Refusal> {
        let rows = u32::try_from(rows).map_err(|_| self.too_many)?;
        self.rows_left = self.rows_left.checked_sub(rows).ok_or(self.too_many)?;
        Ok(rows)
    }

    pub(super) fn next_run(&mut self) -> Result<Option<Run<C::Value<'a>>>, Refusal> {
        if self.literals == 0 {
            if self.reader.is_empty() {
                return Ok(None);
            }
            let header = self.reader.sleb()?;
            match header {
                0 => {
                    let nulls = self.reader.uleb()?;
                    if nulls == 0 || self.shape == Shape::Nulls {
                        return Err(Refusal::NotCanonical);
                    }
                    self.shape = Shape::Nulls;
                    self.last = None;
                    let rows = self.count(nulls)?;
                    return Ok(Some(Run { rows, value: None }));
                }
                1 => return Err(Refusal::NotCanonical),
                2.. => {
                    let rows = self.count(header.unsigned_abs())?;
                    let value = C::read(&mut self.reader)?;
                    if self.last == Some(value) {
                        return Err(Refusal::NotCanonical);
                    }
                    self.shape = Shape::Repeat;
                    self.last = Some(value);
                    return Ok(Some(Run {
                        rows,
                        value: Some(value),
                    }));
                }
                ..0 => {
                    if self.shape == Shape::Literal {
                        return Err(Refusal::NotCanonical);
                    }
                    self.shape = Shape::Literal;
                    self.literals = u64::from(self.count(header.unsigned_abs())?);
                }
            }
        }
        let value = C::read(&mut self.reader)?;
        if self.last == Some(value) {
            return Err(Refusal::NotCanonical);
        }
        self.last = Some(value);
        self.literals -= 1;
        Ok(Some(Run {
            rows: 1,
            value: Some(value),
        }))
    }

    /// Walks the whole column, hands every run to `see`, and returns its number of rows.
    pub(super) fn measure(
        mut self,
        mut see: impl FnMut(Run<C::Value<'a>>) -> Result<(), Refusal>,
    ) -> Result<u32, Refusal> {
        let mut rows = 0_u32;
        while let Some(run) = self.next_run()? {
            rows = rows.checked_add(run.rows).ok_or(self.too_many)?;
            see(run)?;
        }
        Ok(rows)
    }
}

/// The rows of a column that has been measured. An absent column has no values.
pub(super) struct Rows<'a, C: Cell> {
    runs: Option<Runs<'a, C>>,
    value: Option<C::Value<'a>>,
    left: u32,
    run: u32,
}

impl<'a, C: Cell> Rows<'a, C> {
    pub(super) fn new(column: Option<&'a [u8]>, max_rows: u32) -> Self {
        Self {
            runs: column.map(|bytes| Runs::new(bytes, max_rows, Refusal::Rows)),
            value: None,
            left: 0,
            run: 0,
        }
    }

    /// The value of the next row.
    pub(super) fn next_row(&mut self) -> Result<Option<C::Value<'a>>, Refusal> {
        let Some(runs) = self.runs.as_mut() else {
            return Ok(None);
        };
        if self.left == 0 {
            let run = runs.next_run()?.ok_or(Refusal::Rows)?;
            self.value = run.value;
            self.left = run.rows;
            self.run = self.run.wrapping_add(1);
        }
        self.left = self.left.saturating_sub(1);
        Ok(self.value)
    }

    /// Which run the last row belonged to.
    pub(super) fn run(&self) -> u32 {
        self.run
    }

    /// The next row, of a column that has a value in every row.
    pub(super) fn next_value(&mut self) -> Result<C::Value<'a>, Refusal> {
        self.next_row()?.ok_or(Refusal::Malformed)
    }
}

/// A column of differences, summed; sums outside `0..=u32::MAX` are refused.
#[derive(Clone, Copy, Default)]
pub(super) struct Sum(i64);

impl Sum {
    /// Adds `rows` equal differences. The sums in between lie between the first and the last, so
    /// only the last needs a look.
    pub(super) fn add(&mut self, difference: i64, rows: u32) -> Result<u32, Refusal> {
        let sum = difference
            .checked_mul(i64::from(rows))
            .and_then(|all| self.0.checked_add(all))
            .ok_or(Refusal::Counter)?;
        self.0 = sum;
        u32::try_from(sum).map_err(|_| Refusal::Counter)
    }
}

/// The runs of a boolean column, starting with false.
pub(super) struct Flags<'a> {
    reader: Reader<'a>,
    value: bool,
    left: u32,
    started: bool,
}

impl<'a> Flags<'a> {
    pub(super) fn new(column: &'a [u8]) -> Self {
        Self {
            reader: Reader::new(column),
            value: true,
            left: 0,
            started: false,
        }
    }

    fn next_run(&mut self, max_rows: u32) -> Result<u32, Refusal> {
        let rows = self.reader.uleb()?;
        if rows == 0 && (self.started || self.reader.is_empty()) {
            return Err(Refusal::NotCanonical);
        }
        self.started = true;
        self.value = !self.value;
        match u32::try_from(rows) {
            Ok(rows) if rows <= max_rows => Ok(rows),
            _ => Err(Refusal::Rows),
        }
    }

    pub(super) fn measure(mut self, max_rows: u32) -> Result<u32, Refusal> {
        let mut rows = 0_u32;
        while !self.reader.is_empty() {
            rows += self.next_run(max_rows - rows)?;
        }
        Ok(rows)
    }

    pub(super) fn next_row(&mut self) -> Result<bool, Refusal> {
        while self.left == 0 {
            self.left = self.next_run(u32::MAX)?;
        }
        self.left -= 1;
        Ok(self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(column: &[u8]) -> Result<u32, Refusal> {
        Runs::<Unsigned>::new(column, 100, Refusal::TooManyOperations).measure(|_| Ok(()))
    }

    #[test]
    fn canonical_runs_are_counted() {
        assert_eq!(walk(&[0x7f, 5]), Ok(1));
        assert_eq!(walk(&[2, 5, 0, 3, 0x7e, 5, 6, 3, 7]), Ok(10));
        assert_eq!(walk(&[0xe4, 0, 1]), Ok(100));
        assert_eq!(walk(&[0xe5, 0, 1]), Err(Refusal::TooManyOperations));
    }

    #[test]
    fn every_other_way_to_write_the_same_rows_is_refused() {
        for column in [
            &[1, 5][..],         // a repeat of one
            &[2, 5, 2, 5],       // repeats that belong together
            &[2, 5, 0x7f, 5],    // a literal that belongs to the repeat before
            &[0x7f, 5, 2, 5],    // and to the one behind
            &[0x7e, 5, 5],       // a repeat as literals
            &[0x7f, 5, 0x7f, 6], // two literal runs
            &[0, 1, 0, 1],       // two runs of nulls
            &[0, 0, 2, 5],       // a run of nothing
        ] {
            assert_eq!(walk(column), Err(Refusal::NotCanonical), "{column:?}");
        }
        assert_eq!(walk(&[0x7e, 5]), Err(Refusal::Truncated));
    }

    #[test]
    fn flags_alternate() {
        assert_eq!(Flags::new(&[3]).measure(9), Ok(3));
        assert_eq!(Flags::new(&[0, 3]).measure(9), Ok(3));
        assert_eq!(Flags::new(&[1, 0, 2]).measure(9), Err(Refusal::NotCanonical));
        assert_eq!(Flags::new(&[0]).measure(9), Err(Refusal::NotCanonical));
        assert_eq!(Flags::new(&[9, 1]).measure(9), Err(Refusal::Rows));
    }
}
