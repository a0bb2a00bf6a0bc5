// Logistic regression with a ridge, by Newton's method: the chance of a yes from a few numbers, where data are few and some columns are rare.
// What is known before is an offset that nothing is fitted to. Source: Hastie, Tibshirani & Friedman, The Elements of Statistical Learning, 4.4;
// le Cessie & van Houwelingen, Ridge Estimators in Logistic Regression, Applied Statistics 41 (1992).

export interface Sample {
  /** As many numbers as there are columns. */
  readonly x: readonly number[];
  /** What is known before: the log odds to which the columns are added. */
  readonly before: number;
  readonly isYes: boolean;
  readonly weight: number;
}

const STEPS = 60;
const CLOSE_ENOUGH = 1e-9;

/** The chance of a yes, 0 to 1. */
export function chance(coefficients: readonly number[], { x, before }: Pick<Sample, 'x' | 'before'>): number {
  return 1 / (1 + Math.exp(-before - dot(coefficients, x)));
}

export function logit(p: number): number {
  return Math.log(p / (1 - p));
}

/** Coefficients, one a column. `ridge` has a weight a column, of its squared size: 1 takes it for a draw from a normal distribution of width 1. */
export function fitLogistic(samples: readonly Sample[], ridge: readonly number[]): number[] {
  let coefficients = ridge.map(() => 0);
  for (let step = 0; step < STEPS; step += 1) {
    const gradient = coefficients.map((one, column) => -(ridge[column] ?? 0) * one);
    const curvature = coefficients.map((_one, row) =>
      coefficients.map((_other, column) => (row === column ? (ridge[row] ?? 0) + CLOSE_ENOUGH : 0)),
    );
    for (const sample of samples) {
      const { x, isYes, weight } = sample;
      const p = chance(coefficients, sample);
      x.forEach((value, row) => {
        if (value === 0) return;
        gradient[row] = (gradient[row] ?? 0) + weight * value * ((isYes ? 1 : 0) - p);
        const line = curvature[row];
        x.forEach((other, column) => {
          if (line) line[column] = (line[column] ?? 0) + weight * p * (1 - p) * value * other;
        });
      });
    }
    const change = solve(curvature, gradient);
    coefficients = coefficients.map((one, column) => one + (change[column] ?? 0));
    if (Math.max(...change.map(Math.abs)) < CLOSE_ENOUGH) break;
  }
  return coefficients;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, one, index) => sum + one * (b[index] ?? 0), 0);
}

/** Solves a symmetric, positive definite system by elimination. Both arguments are used up. */
function solve(matrix: number[][], right: number[]): number[] {
  const size = right.length;
  for (let pivot = 0; pivot < size; pivot += 1) {
    const line = matrix[pivot] ?? [];
    for (let row = pivot + 1; row < size; row += 1) {
      const other = matrix[row] ?? [];
      const factor = (other[pivot] ?? 0) / (line[pivot] ?? 1);
      for (let column = pivot; column < size; column += 1)
        other[column] = (other[column] ?? 0) - factor * (line[column] ?? 0);
      right[row] = (right[row] ?? 0) - factor * (right[pivot] ?? 0);
    }
  }
  const solution = Array.from({ length: size }, () => 0);
  for (let row = size - 1; row >= 0; row -= 1) {
    const line = matrix[row] ?? [];
    const known = line.slice(row + 1).reduce((sum, one, index) => sum + one * (solution[row + 1 + index] ?? 0), 0);
    solution[row] = ((right[row] ?? 0) - known) / (line[row] ?? 1);
  }
  return solution;
}
