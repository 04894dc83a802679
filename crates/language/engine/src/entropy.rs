//! Random numbers of one turn, made from a seed that the caller records with the turn.

/// A source of pseudo-random numbers: the same seed gives the same numbers.
///
/// Not for keys and passwords; task tokens take their unpredictability from the seed, so a server
/// seeds every turn from the operating system.
#[derive(Debug, Clone)]
pub struct Entropy {
    state: [u64; 4],
}

impl Entropy {
    /// Starts from 32 bytes of seed.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        let mut state = [0_u64; 4];
        for (word, bytes) in state.iter_mut().zip(seed.chunks_exact(8)) {
            *word = bytes.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte));
        }
        // The generator never leaves the all-zero state.
        if state == [0; 4] {
            state[0] = 0x9E37_79B9_7F4A_7C15;
        }
        Self { state }
    }

    /// Starts from a small number, for tests and rehearsals.
    pub fn from_number(number: u64) -> Self {
        let mut seed = [0_u8; 32];
        let mut mixer = number;
        for chunk in seed.chunks_exact_mut(8) {
            mixer = mixer.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut word = mixer;
            word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            chunk.copy_from_slice(&(word ^ (word >> 31)).to_be_bytes());
        }
        Self::from_seed(seed)
    }

    /// The next 64 bits (xoshiro256**).
    pub fn next_u64(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.state;
        let result = b.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let shifted = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= shifted;
        *d = d.rotate_left(45);
        result
    }

    /// A number in `0.0..1.0`.
    pub fn next_fraction(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Sixteen random bytes.
    pub fn next_bytes(&mut self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.next_u64().to_be_bytes());
        bytes[8..].copy_from_slice(&self.next_u64().to_be_bytes());
        bytes
    }
}

impl asl::value::Random for Entropy {
    fn next_u64(&mut self) -> u64 {
        Self::next_u64(self)
    }
}
