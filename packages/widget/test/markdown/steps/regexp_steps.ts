/**
 * What a regular expression costs. V8 doesn't say, so this is a matcher of its own, which backtracks as V8's does and
 * counts its steps. It knows what the widget's patterns need, and refuses the rest.
 */
type Instruction =
  | { op: 'char'; test: (code: number) => boolean }
  | { op: 'split'; first: number; second: number }
  | { op: 'jump'; to: number }
  | { op: 'look'; ahead: boolean; negative: boolean; end: number }
  | { op: 'start' | 'end' | 'match' }

interface Program {
  code: Instruction[]
  unicode: boolean
}

export interface Run {
  /** Where the match begins and ends; `null` where there is none. */
  match: { start: number; end: number } | null
  steps: number
}

const programs = new Map<string, Program>()
const tests = new Map<string, (code: number) => boolean>()

/** Whether a character is one that `source`, an atom of a pattern, stands for. */
function testOf(source: string, flags: string): (code: number) => boolean {
  const key = `${flags}/${source}`
  let test = tests.get(key)
  if (!test) {
    const pattern = new RegExp(`^${source}$`, flags.replace(/[gy]/g, ''))
    const known = new Map<number, boolean>()
    test = (code) => {
      let answer = known.get(code)
      if (answer === undefined) known.set(code, (answer = pattern.test(String.fromCodePoint(code))))
      return answer
    }
    tests.set(key, test)
  }
  return test
}

function compile({ source, flags }: RegExp): Program {
  const code: Instruction[] = []
  let at = 0

  function alternatives(): void {
    const begin = code.length
    sequence()
    if (source[at] !== '|') return
    at++
    const first = code.splice(begin)
    const split: Instruction = { op: 'split', first: begin + 1, second: 0 }
    code.push(split, ...first.map((instruction) => moved(instruction, 1)))
    const jump: Instruction = { op: 'jump', to: 0 }
    code.push(jump)
    split.second = code.length
    alternatives()
    jump.to = code.length
  }

  function sequence(): void {
    while (at < source.length && source[at] !== '|' && source[at] !== ')') {
      const begin = code.length
      atom()
      repeat(begin)
    }
  }

  function atom(): void {
    const rest = source.slice(at)
    const group = /^\((?:\?(?::|(<)?([=!])))?/.exec(rest)
    if (group) {
      at += group[0].length
      const look: Instruction = { op: 'look', ahead: !group[1], negative: group[2] === '!', end: 0 }
      if (group[2]) code.push(look)
      alternatives()
      if (group[2]) look.end = code.push({ op: 'match' })
      at++
    } else if (rest[0] === '^' || rest[0] === '$') {
      code.push({ op: rest[0] === '^' ? 'start' : 'end' })
      at++
    } else {
      const one = /^(?:\[(?:[^\]\\]|\\.)*\]|\\(?:p\{[^}]*\}|u[\da-f]{4}|x[\da-f]{2}|.)|.)/is.exec(rest)?.[0] ?? ''
      if (/^\\[bB1-9k]/.test(one)) throw new Error(`${one} in /${source}/ is not known here.`)
      code.push({ op: 'char', test: testOf(one, flags) })
      at += one.length
    }
  }

  function repeat(begin: number): void {
    const [all, mark, least, comma, most] = /^(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})/.exec(source.slice(at)) ?? []
    if (!all) return
    at += all.length
    if (source[at] === '?') throw new Error(`A lazy repetition in /${source}/ is not known here.`)
    const body = code.splice(begin)
    const min = mark ? Number(mark === '+') : Number(least)
    const max = mark ? (mark === '?' ? 1 : Infinity) : most ? Number(most) : comma ? Infinity : min
    const add = () => code.push(...body.map((instruction) => moved(instruction, code.length - begin)))
    for (let i = 0; i < min; i++) add()
    if (max === Infinity) {
      const loop = code.length
      const split: Instruction = { op: 'split', first: loop + 1, second: 0 }
      code.push(split)
      add()
      split.second = code.push({ op: 'jump', to: loop })
    }
    const splits: { second: number }[] = []
    const optional = max === Infinity ? 0 : max - min
    for (let i = 0; i < optional; i++) {
      const split: Instruction = { op: 'split', first: code.length + 1, second: 0 }
      splits.push(split)
      code.push(split)
      add()
    }
    for (const split of splits) split.second = code.length
  }

  alternatives()
  code.push({ op: 'match' })
  return { code, unicode: flags.includes('u') }
}

function moved(instruction: Instruction, by: number): Instruction {
  if (instruction.op === 'split') return { op: 'split', first: instruction.first + by, second: instruction.second + by }
  if (instruction.op === 'jump') return { op: 'jump', to: instruction.to + by }
  return instruction.op === 'look' ? { ...instruction, end: instruction.end + by } : instruction
}

/** Runs a pattern from `from` on, as `exec` does. */
export function runRegExp(pattern: RegExp, text: string, from: number): Run {
  const key = `${pattern.flags}/${pattern.source}`
  let program = programs.get(key)
  if (!program) programs.set(key, (program = compile(pattern)))
  const { code, unicode } = program
  let steps = 0

  /** Where a match that begins at `start`, and must end at `target`, ends; -1 where there is none. */
  function matchAt(start: number, entry: number, target?: number): number {
    const waiting: number[] = []
    let at = start
    let next = entry
    for (;;) {
      steps++
      const instruction = code[next++]!
      let fails = false
      switch (instruction.op) {
        case 'char': {
          const char = unicode ? text.codePointAt(at) : at < text.length ? text.charCodeAt(at) : undefined
          if (char === undefined || !instruction.test(char)) fails = true
          else at += char > 0xffff ? 2 : 1
          break
        }
        case 'split':
          waiting.push(instruction.second, at)
          next = instruction.first
          break
        case 'jump':
          next = instruction.to
          break
        case 'look': {
          // What is looked back at is one character or none in all of our patterns.
          const found = instruction.ahead
            ? matchAt(at, next) >= 0
            : (at > 0 && matchAt(at - 1, next, at) >= 0) || matchAt(at, next, at) >= 0
          fails = found === instruction.negative
          next = instruction.end
          break
        }
        case 'start':
          fails = at > 0
          break
        case 'end':
          fails = at < text.length
          break
        case 'match':
          if (target === undefined || at === target) return at
          fails = true
          break
      }
      if (!fails) continue
      if (!waiting.length) return -1
      at = waiting.pop()!
      next = waiting.pop()!
    }
  }

  for (let start = from; start <= text.length; start++) {
    const end = matchAt(start, 0)
    if (end >= 0) return { match: { start, end }, steps }
    if (pattern.sticky) break
    // V8 sees at once that it can match at the beginning only.
    if (code[0]?.op === 'start') break
  }
  return { match: null, steps }
}
