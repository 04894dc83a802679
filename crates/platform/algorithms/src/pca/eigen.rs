//! The eigenvalues and eigenvectors of a symmetric matrix, by Jacobi's rotations: slower than other ways with many
//! columns, and exact also where eigenvalues are alike.
// Golub and Van Loan, Matrix Computations, section 8.5.

/// At most this many rounds over all pairs; six to ten are usual.
const MOST_SWEEPS: usize = 60;

/// Eigenvalues and, in the same order, eigenvectors of the matrix with these rows.
pub(super) fn symmetric(mut matrix: Vec<f64>, size: usize) -> (Vec<f64>, Vec<Vec<f64>>) {
    // Rows of this matrix become the eigenvectors.
    let mut vectors: Vec<Vec<f64>> =
        (0..size).map(|row| (0..size).map(|it| f64::from(u8::from(it == row))).collect()).collect();
    let norm: f64 = matrix.iter().map(|it| it * it).sum();
    for _ in 0..MOST_SWEEPS {
        let mut off = 0.0;
        for row in 0..size {
            off += matrix[row * size + row + 1..(row + 1) * size]
                .iter()
                .map(|it| it * it)
                .sum::<f64>();
        }
        if off <= 1e-28 * norm {
            break;
        }
        for one in 0..size {
            for other in one + 1..size {
                rotate(&mut matrix, &mut vectors, size, one, other);
            }
        }
    }
    ((0..size).map(|it| matrix[it * size + it]).collect(), vectors)
}

/// Makes the element at `(one, other)` 0.
fn rotate(matrix: &mut [f64], vectors: &mut [Vec<f64>], size: usize, one: usize, other: usize) {
    let element = matrix[one * size + other];
    let (first, second) = (matrix[one * size + one], matrix[other * size + other]);
    if element.abs() <= 1e-300 || element.abs() < 1e-18 * (first.abs() * second.abs()).sqrt() {
        return;
    }
    let slope = (second - first) / (2.0 * element);
    let tangent = slope.signum() / (slope.abs() + slope.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = tangent * cosine;
    for it in 0..size {
        let (a, b) = (matrix[it * size + one], matrix[it * size + other]);
        matrix[it * size + one] = cosine * a - sine * b;
        matrix[it * size + other] = sine * a + cosine * b;
    }
    let (head, tail) = matrix.split_at_mut(other * size);
    turn(&mut head[one * size..(one + 1) * size], &mut tail[..size], cosine, sine);
    let (head, tail) = vectors.split_at_mut(other);
    turn(&mut head[one], &mut tail[0], cosine, sine);
}

fn turn(one: &mut [f64], other: &mut [f64], cosine: f64, sine: f64) {
    for (a, b) in one.iter_mut().zip(other) {
        (*a, *b) = (cosine * *a - sine * *b, sine * *a + cosine * *b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_is_taken_apart() {
        let matrix = vec![4.0, 1.0, 0.0, 1.0, 3.0, 1.0, 0.0, 1.0, 2.0];
        let (values, vectors) = symmetric(matrix.clone(), 3);
        assert!((values.iter().sum::<f64>() - 9.0).abs() < 1e-12);
        for (value, vector) in values.iter().zip(&vectors) {
            for row in 0..3 {
                let product: f64 = (0..3).map(|it| matrix[row * 3 + it] * vector[it]).sum();
                assert!((product - value * vector[row]).abs() < 1e-12);
            }
        }
        assert_eq!(symmetric(vec![0.0; 4], 2).0, [0.0, 0.0]);
    }
}
