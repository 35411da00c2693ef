//! Exact decimal numbers and ranges of them.

use serde::Serialize;

use crate::config::Value;

/// `mantissa` times 10 to the power of minus `scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Decimal {
    pub(super) mantissa: i128,
    pub(super) scale: u32,
}

/// What a decimal becomes when it is a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum NumberForm {
    /// An integer; the scale is 0.
    Int,
    /// The nearest double.
    Float,
}

/// Why two ends and a step make no range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RangeProblem {
    StepZero,
    Direction,
    TooLong,
    TooPrecise,
}

/// `start`, `start + step`, … : `count` values on a common scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct DecimalRange {
    pub(super) start: i128,
    pub(super) step: i128,
    pub(super) scale: u32,
    pub(super) count: u64,
    pub(super) form: NumberForm,
}

impl Decimal {
    pub(super) const ONE: Self = Self {
        mantissa: 1,
        scale: 0,
    };

    /// Reads `-1`, `.5`, `5.`, `1_000`, `1e-3`; `None` for anything else and for numbers beyond 38 digits.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (digits, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((digits, exponent)) => (
                digits,
                exponent.parse::<i32>().ok().filter(|e| e.abs() < 400)?,
            ),
            None => (unsigned, 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() && fraction.is_empty()
            || !well_grouped(whole)
            || !well_grouped(fraction)
        {
            return None;
        }
        let mut mantissa: i128 = 0;
        let mut scale = -exponent;
        for digit in whole.bytes().filter(|b| *b != b'_') {
            mantissa = mantissa
                .checked_mul(10)?
                .checked_add(i128::from(digit - b'0'))?;
        }
        for digit in fraction
            .trim_end_matches('0')
            .bytes()
            .filter(|b| *b != b'_')
        {
            mantissa = mantissa
                .checked_mul(10)?
                .checked_add(i128::from(digit - b'0'))?;
            scale += 1;
        }
        while scale < 0 {
            mantissa = mantissa.checked_mul(10)?;
            scale += 1;
        }
        if negative {
            mantissa = -mantissa;
        }
        Some(Self {
            mantissa,
            scale: u32::try_from(scale).ok()?,
        })
    }

    pub(super) fn at_scale(self, scale: u32) -> Option<i128> {
        self.mantissa
            .checked_mul(10i128.checked_pow(scale.checked_sub(self.scale)?)?)
    }
}

/// Digits, with single underscores between them as Python allows; empty is fine.
fn well_grouped(digits: &str) -> bool {
    digits.bytes().all(|b| b.is_ascii_digit() || b == b'_')
        && !digits.starts_with('_')
        && !digits.ends_with('_')
        && !digits.contains("__")
}

impl DecimalRange {
    /// From `start` to `stop`, which is included when it is hit.
    pub(super) fn new(
        start: Decimal,
        stop: Decimal,
        step: Decimal,
        form: NumberForm,
    ) -> Result<Self, RangeProblem> {
        let scale = start.scale.max(stop.scale).max(step.scale);
        let at = |number: Decimal| number.at_scale(scale).ok_or(RangeProblem::TooPrecise);
        let (first, last, step) = (at(start)?, at(stop)?, at(step)?);
        if step == 0 {
            return Err(RangeProblem::StepZero);
        }
        let span = last.checked_sub(first).ok_or(RangeProblem::TooPrecise)?;
        if span != 0 && (span < 0) != (step < 0) {
            return Err(RangeProblem::Direction);
        }
        let steps = u64::try_from(span / step).map_err(|_| RangeProblem::TooLong)?;
        let count = steps.checked_add(1).ok_or(RangeProblem::TooLong)?;
        Ok(Self {
            start: first,
            step,
            scale,
            count,
            form,
        })
    }

    pub(super) fn get(&self, index: u64) -> Option<Value> {
        if index >= self.count {
            return None;
        }
        let mantissa = self.start + self.step * i128::from(index);
        Some(match self.form {
            NumberForm::Int => i64::try_from(mantissa)
                .map_or_else(|_| Value::BigInt(mantissa.to_string()), Value::Int),
            // The standard parser rounds correctly, so 3 tenths are the same double as a typed `0.3`.
            NumberForm::Float => Value::Float(
                format!("{mantissa}e-{}", self.scale)
                    .parse()
                    .unwrap_or(f64::NAN),
            ),
        })
    }
}
