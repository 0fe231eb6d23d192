import { fileURLToPath } from 'node:url'
import { createContext, runInContext } from 'node:vm'
import { build, type Plugin } from 'vite'
import type * as counted from './counted.ts'
import { FakeNode, fakeDocument } from './fake_dom.ts'
import { runRegExp } from './regexp_steps.ts'

/**
 * Counts the steps that the parser and its view take, without a line for it in what visitors load. The two are bundled
 * together with Preact, and each function and each round of a loop is made to count itself. They run in a realm of
 * their own, where `exec`, by which JavaScript runs every regular expression, adds the steps of a matcher that counts,
 * and where methods that go through a string or an array add its length. What is not seen: the copying of memory, a
 * hundred times as fast as anything that is counted.
 */
export interface Counted {
  /** Runs it and says how many steps it took. */
  steps(run: () => void): number
  /** Reads a text as one that may go on, and as one that has ended. */
  read(source: string): void
  /** Shows a text that comes in pieces, in a document that counts for nothing; returns what is shown at the end. */
  show(source: string, piece: number): string
}

interface Realm {
  steps: { n: number }
  counted: typeof counted
}

type AstNode = { type: string; start: number; end: number } & Record<string, unknown>

const isNode = (value: unknown): value is AstNode =>
  typeof value === 'object' && value !== null && typeof (value as AstNode).type === 'string'

/** Writes `steps.n++` into each function and each loop. */
const counting: Plugin = {
  name: 'counting',
  renderChunk(original) {
    // A long block is read less often from a size on that would make the tests slow; here from a small one.
    const code = original.replace('READ_AT_ONCE = 4096', 'READ_AT_ONCE = 128').replace('SHARE = 32', 'SHARE = 16')
    if (code.length !== original.length - 1) throw new Error('What is read at once was not found.')
    const pieces: { at: number; text: string; order: number }[] = []
    const visit = (node: AstNode): void => {
      for (const value of Object.values(node)) for (const child of [value].flat()) if (isNode(child)) visit(child)
      const { body } = node
      if (!/Function|^(?:For|While|DoWhile)/.test(node.type) || !isNode(body)) return
      const [open, close] =
        body.type === 'BlockStatement'
          ? ['', '']
          : /Function/.test(node.type)
            ? ['(steps.n++,', ')']
            : ['{steps.n++;', '}']
      if (!open) pieces.push({ at: body.start + 1, text: 'steps.n++;', order: 0 })
      else
        pieces.push({ at: body.start, text: open, order: body.end }, { at: body.end, text: close, order: -body.start })
    }
    visit(this.parse(code) as unknown as AstNode)
    // Where several begin or end at one place, they nest.
    pieces.sort((a, b) => b.at - a.at || a.order - b.order)
    let counted = code
    for (const { at, text } of pieces) counted = counted.slice(0, at) + text + counted.slice(at)
    return counted
  },
}

async function bundle(): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    plugins: [counting],
    oxc: { jsx: { runtime: 'classic', pragma: 'h', pragmaFrag: 'Fragment' } },
    build: {
      write: false,
      minify: false,
      target: 'es2022',
      lib: { entry: fileURLToPath(new URL('counted.ts', import.meta.url)), formats: ['iife'], name: 'counted' },
    },
  })
  const [output] = [result].flat()
  if (!output || !('output' in output)) throw new Error('Nothing was built.')
  return output.output[0].code
}

/** Adds to the steps what native methods go through. */
const NATIVE = `
  const charge = (prototype, name, cost) => {
    const method = prototype[name]
    Object.defineProperty(prototype, name, {
      value(...args) {
        const result = Reflect.apply(method, this, args)
        steps.n += cost(this, args, result)
        return result
      },
    })
  }
  const whole = (self) => self.length
  const made = (self, args, result) => result.length
  // Compares, as memory is compared, some 32 characters at a time.
  const compared = (self, [other]) => 1 + other.length / 32
  const cut = (self, args, result) => 1 + self.length - result.length
  for (const name of ['replaceAll', 'toLowerCase', 'toUpperCase', 'split']) charge(String.prototype, name, whole)
  for (const name of ['trim', 'trimStart', 'trimEnd']) charge(String.prototype, name, cut)
  for (const name of ['startsWith', 'endsWith']) charge(String.prototype, name, compared)
  charge(String.prototype, 'repeat', made)
  charge(String.prototype, 'includes', (self, [, from = 0]) => Math.max(0, self.length - from))
  charge(String.prototype, 'indexOf', (self, [, from = 0], found) => (found < 0 ? self.length : found + 1) - from)
  charge(String.prototype, 'lastIndexOf', (self, args, found) => self.length - found)
  for (const name of ['includes', 'indexOf', 'toReversed', 'join', 'flat', Symbol.iterator])
    charge(Array.prototype, name, whole)
  for (const name of ['slice', 'splice', 'map', 'filter']) charge(Array.prototype, name, made)
  const exec = RegExp.prototype.exec
  RegExp.prototype.exec = function (text) {
    const from = this.global || this.sticky ? this.lastIndex : 0
    const result = Reflect.apply(exec, this, [text])
    steps.n += countRegExp(this, String(text), from, result)
    return result
  }
`

/** The steps of a run whose outcome must be V8's. */
function countRegExp(pattern: RegExp, text: string, from: number, result: RegExpExecArray | null): number {
  const { match, steps } = runRegExp(pattern, text, from)
  const end = result && result.index + result[0].length
  if (match?.start !== result?.index || (match?.end ?? null) !== end)
    throw new Error(`Two outcomes of ${pattern} at ${from} of ${JSON.stringify(text.slice(0, 200))}.`)
  return steps
}

export async function createCounted(): Promise<Counted> {
  const waiting: (() => void)[] = []
  const later = (task: () => void) => waiting.push(task)
  const steps = { n: 0 }
  const realm = createContext({
    steps,
    countRegExp,
    document: fakeDocument,
    requestAnimationFrame: later,
    queueMicrotask: later,
  })
  runInContext(NATIVE, realm)
  runInContext(await bundle(), realm)
  const { h, render, CodeBar, Markdown, createMarkdown } = (runInContext('({ counted })', realm) as Realm).counted

  return {
    steps(run) {
      const before = steps.n
      run()
      return steps.n - before
    },
    read(source) {
      const text = createMarkdown()
      text.append(source)
      void text.blocks
      text.end()
      void text.blocks
    },
    show(source, piece) {
      const root = new FakeNode('main')
      const draw = (end: number, streaming: boolean) => {
        render(h(Markdown, { source: source.slice(0, end), streaming, CodeBar }), root as unknown as Element)
        for (let task = waiting.shift(); task; task = waiting.shift()) task()
      }
      for (let end = piece; end < source.length; end += piece) draw(end, true)
      draw(source.length, false)
      return root.textContent
    },
  }
}
