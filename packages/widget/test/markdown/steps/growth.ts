/**
 * How many times as many steps twice as much takes: 2 where the steps grow with the text, 4 where with its square. What
 * has a limit (32 parentheses in a link, 50 levels) grows faster up to it: larger sizes are tried before it counts.
 */
export function growthOf(steps: (size: number) => number, from: number, to: number): number {
  let growth = Infinity
  let before = steps(from)
  for (let size = from; size <= to && growth > LINEAR; size *= 2) {
    const after = steps(size * 2)
    growth = after / before
    before = after
  }
  return growth
}

export const LINEAR = 2.2
