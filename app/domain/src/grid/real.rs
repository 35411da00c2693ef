//! Logarithm, exponential and the normal quantile with the four operations and square roots alone.
//!
//! Those are exact to the last bit in every browser and on every machine, while the library's own functions are not: the
//! grid that is previewed must be the grid that is launched.

const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// The natural logarithm of a positive, finite number.
pub(super) fn ln(x: f64) -> f64 {
    let (mut mantissa, mut exponent) = split(x);
    if mantissa > std::f64::consts::SQRT_2 {
        mantissa /= 2.0;
        exponent += 1.0;
    }
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let square = s * s;
    let mut sum = 0.0;
    for k in (0..12).rev() {
        sum = sum * square + 1.0 / f64::from(2 * k + 1);
    }
    exponent * LN_2_HIGH + (2.0 * s * sum + exponent * LN_2_LOW)
}

/// `x` as a mantissa from 1 to 2 and a power of two.
fn split(x: f64) -> (f64, f64) {
    // Subnormal numbers are scaled up first; a power of two loses nothing.
    let (x, shift) = if x < f64::MIN_POSITIVE {
        (x * 18_014_398_509_481_984.0, -54.0)
    } else {
        (x, 0.0)
    };
    let bits = x.to_bits();
    let exponent = f64::from(u16::try_from(bits >> 52 & 0x7ff).unwrap_or(0)) - 1023.0;
    let mantissa = f64::from_bits(bits & 0x000f_ffff_ffff_ffff | 0x3ff0_0000_0000_0000);
    (mantissa, exponent + shift)
}

/// e to the power of `x`.
pub(super) fn exp(x: f64) -> f64 {
    if x > 709.8 {
        return f64::INFINITY;
    }
    if x < -745.2 {
        return 0.0;
    }
    let k = (x / std::f64::consts::LN_2).round_ties_even();
    let rest = (x - k * LN_2_HIGH) - k * LN_2_LOW;
    let mut sum = 1.0;
    for n in (1..18).rev() {
        sum = 1.0 + sum * rest / f64::from(n);
    }
    // In two steps, so that neither factor leaves the range of normal numbers.
    let half = (k / 2.0).floor();
    sum * power_of_two(half) * power_of_two(k - half)
}

fn power_of_two(k: f64) -> f64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is a whole number from 1 to 2046"
    )]
    let exponent = (k + 1023.0) as u64;
    f64::from_bits(exponent << 52)
}

/// The nearest double of 14 significant digits: a logarithmic grid then has `0.001` in it, not 0.0010000000000000002.
pub(super) fn to_14_digits(x: f64) -> f64 {
    format!("{x:.13e}").parse().unwrap_or(x)
}

/// The value below which a standard normal variable stays with probability `p`, 0 < p < 1.
///
/// Algorithm AS 241 (PPND16) by M. J. Wichura, Applied Statistics 37 (1988), 477-484: about 16 digits.
pub(super) fn normal_quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * ratio(r, &CENTER_ABOVE, &CENTER_BELOW);
    }
    let r = (-ln(if q < 0.0 { p } else { 1.0 - p })).sqrt();
    let value = if r <= 5.0 {
        ratio(r - 1.6, &MIDDLE_ABOVE, &MIDDLE_BELOW)
    } else {
        ratio(r - 5.0, &TAIL_ABOVE, &TAIL_BELOW)
    };
    if q < 0.0 { -value } else { value }
}

/// The quotient of two polynomials, constant terms first.
fn ratio(x: f64, above: &[f64; 8], below: &[f64; 8]) -> f64 {
    let at = |coefficients: &[f64; 8]| coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c);
    at(above) / at(below)
}

const CENTER_ABOVE: [f64; 8] = [
    3.387_132_872_796_366_5,
    133.141_667_891_784_38,
    1_971.590_950_306_551_3,
    13_731.693_765_509_46,
    45_921.953_931_549_87,
    67_265.770_927_008_7,
    33_430.575_583_588_13,
    2_509.080_928_730_122_7,
];
const CENTER_BELOW: [f64; 8] = [
    1.0,
    42.313_330_701_600_91,
    687.187_007_492_057_9,
    5_394.196_021_424_751,
    21_213.794_301_586_597,
    39_307.895_800_092_71,
    28_729.085_735_721_943,
    5_226.495_278_852_545,
];
const MIDDLE_ABOVE: [f64; 8] = [
    1.423_437_110_749_683_5,
    4.630_337_846_156_546,
    5.769_497_221_460_691,
    3.647_848_324_763_204_5,
    1.270_458_252_452_368_4,
    0.241_780_725_177_450_6,
    0.022_723_844_989_269_184,
    7.745_450_142_783_414e-4,
];
const MIDDLE_BELOW: [f64; 8] = [
    1.0,
    2.053_191_626_637_759,
    1.676_384_830_183_803_8,
    0.689_767_334_985_1,
    0.148_103_976_427_480_08,
    0.015_198_666_563_616_457,
    5.475_938_084_995_345e-4,
    1.050_750_071_644_416_9e-9,
];
const TAIL_ABOVE: [f64; 8] = [
    6.657_904_643_501_103,
    5.463_784_911_164_114,
    1.784_826_539_917_291_3,
    0.296_560_571_828_504_87,
    0.026_532_189_526_576_124,
    0.001_242_660_947_388_078_4,
    2.711_555_568_743_487_6e-5,
    2.010_334_399_292_288_1e-7,
];
const TAIL_BELOW: [f64; 8] = [
    1.0,
    0.599_832_206_555_888,
    0.136_929_880_922_735_8,
    0.014_875_361_290_850_615,
    7.868_691_311_456_133e-4,
    1.846_318_317_510_054_8e-5,
    1.421_511_758_316_446e-7,
    2.044_263_103_389_939_8e-15,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_functions_agree_with_the_library_to_the_last_digits() {
        for step in 1..4000 {
            let x = f64::from(step) * 0.37;
            assert!(
                (ln(x) - x.ln()).abs() <= 4e-16 * x.ln().abs().max(1.0),
                "ln {x}"
            );
            let y = f64::from(step - 2000) * 0.35;
            assert!((exp(y) / y.exp() - 1.0).abs() <= 4e-15, "exp {y}");
        }
        assert!((ln(5e-324) - (-744.440_071_921_381_3)).abs() < 1e-10);
        assert_eq!(
            (exp(0.0).to_bits(), ln(1.0).to_bits()),
            (1.0f64.to_bits(), 0)
        );
        assert_eq!(
            to_14_digits(0.001_000_000_000_000_000_2).to_bits(),
            0.001f64.to_bits()
        );
    }

    /// Quantiles as the tables print them.
    #[test]
    fn the_normal_quantile_is_the_tables() {
        let rows = [
            (0.5, 0.0),
            (0.975, 1.959_963_984_540_054),
            (0.025, -1.959_963_984_540_054),
            (0.9, 1.281_551_565_544_600_4),
            (0.001, -3.090_232_306_167_813_5),
            (1e-10, -6.361_340_902_404_056),
            (1e-20, -9.262_340_089_798_408),
        ];
        for (p, expected) in rows {
            assert!(
                (normal_quantile(p) - expected).abs() < 1e-14 * 10.0,
                "{p}: {}",
                normal_quantile(p)
            );
        }
    }
}
