/// A seeded source of choices: the same seed gives the same run on every platform.
///
/// `SplitMix64` (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014),
/// written out because the generators of the `rand` crates promise no stable values between
/// releases, and a results file must be reproducible by a later binary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seed(u64);

impl Seed {
    pub(crate) const fn new(seed: u64) -> Seed {
        Seed(seed)
    }

    /// An independent generator for one purpose, so that adding a draw for one purpose does not
    /// shift the draws of another.
    pub(crate) fn derive(&self, purpose: &str) -> Seed {
        // FNV-1a over the purpose, then one mixing step.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ self.0;
        for byte in purpose.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        Seed(mix(hash))
    }

    pub(crate) fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// Uniform in `[0, 1)`, 53 bits.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform in `0..bound`; 0 when `bound` is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.next_u64()) * u128::from(bound);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// Exponentially distributed with mean 1.
    pub(crate) fn exponential(&mut self) -> f64 {
        -libm::log1p(-self.unit())
    }

    /// Normally distributed with mean 0 and deviation 1 (Box and Muller, one of the pair).
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(2.0 * self.exponential());
        radius * libm::cos(std::f64::consts::TAU * self.unit())
    }

    /// Gamma distributed with this shape and mean 1 (Marsaglia and Tsang, 2000): shape 1 is
    /// exponential, smaller shapes come in bursts.
    pub(crate) fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let boost = libm::pow(1.0 - self.unit(), 1.0 / shape);
            return self.gamma_from_one(shape + 1.0) * boost / shape;
        }
        self.gamma_from_one(shape) / shape
    }

    /// For shapes from 1 up; its mean is the shape.
    fn gamma_from_one(&mut self, shape: f64) -> f64 {
        let third = shape - 1.0 / 3.0;
        let scale = 1.0 / libm::sqrt(9.0 * third);
        loop {
            let drawn = self.normal();
            let base = 1.0 + scale * drawn;
            let cube = base * base * base;
            let lot = 1.0 - self.unit();
            if cube > 0.0 {
                let bound = 0.5 * drawn * drawn + third * (1.0 - cube + libm::log(cube));
                if libm::log(lot) < bound {
                    return third * cube;
                }
            }
        }
    }
}

const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_the_published_one() {
        // First outputs of SplitMix64 for seed 1234567, from the authors' reference code.
        let mut seed = Seed::new(1_234_567);
        let first: Vec<u64> = (0..3).map(|_| seed.next_u64()).collect();
        assert_eq!(
            first,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }

    #[test]
    fn purposes_are_independent_and_repeatable() {
        let root = Seed::new(7);
        assert_eq!(root.derive("a"), root.derive("a"));
        assert_ne!(root.derive("a"), root.derive("b"));
    }

    #[test]
    fn draws_have_the_means_they_claim() {
        let mut seed = Seed::new(1);
        let n = 100_000;
        let mean =
            |draw: &mut dyn FnMut() -> f64| (0..n).map(|_| draw()).sum::<f64>() / f64::from(n);
        assert!((mean(&mut || seed.exponential()) - 1.0).abs() < 0.02);
        assert!((mean(&mut || seed.below(10) as f64) - 4.5).abs() < 0.05);
        assert!(mean(&mut || seed.normal()).abs() < 0.02);
        for shape in [0.2, 1.0, 4.0] {
            assert!((mean(&mut || seed.gamma(shape)) - 1.0).abs() < 0.04);
            let square = mean(&mut || (seed.gamma(shape) - 1.0).powi(2));
            assert!((square * shape - 1.0).abs() < 0.1, "{shape} {square}");
        }
    }
}
