import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { readExpectations } from './expectations.ts'

const root = new URL('../../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')

it('every claim of docs/security.md names tests, and those exist', () => {
  const text = read('docs/security.md')
  const claims = text
    .split(/^## /m)
    .filter((section) => /^It can('t)?:$/m.test(section))
    .flatMap((section) => section.split(/^- /m).slice(1))
  expect(claims.length).toBeGreaterThan(30)
  const missing = claims.flatMap((claim) => {
    const named = [...claim.matchAll(/\[[\w.]+\]\(\.\.\/([^)]+)\): ((?:“[^”]+”(?:, )?)+)/g)]
    if (named.length === 0) return [`no test: ${claim}`]
    return named.flatMap(([, path = '', titles = '']) => {
      if (!existsSync(new URL(path, root))) return [path]
      const source = read(path)
      return [...titles.matchAll(/“([^”]+)”/g)]
        .map(([, title = '']) => title)
        .filter((title) => !["'", '"', '`'].some((quote) => source.includes(`${quote}${title}${quote}`)))
        .map((title) => `${path}: ${title}`)
    })
  })
  expect(missing).toEqual([])
})

it('every table has its line in docs/data-model.md, and its place in the diagram', () => {
  const text = read('docs/data-model.md')
  const [diagram = ''] = /```mermaid[^]*?```/.exec(text) ?? []
  const lines = text.split('\n').filter((line) => line.startsWith('| `'))
  const named = lines.flatMap((line) =>
    [...line.split('|')[1]!.matchAll(/`(?:loacl_private\.)?(\w+)`/g)].map(([, name]) => name),
  )
  const tables = [...readExpectations().tables.keys()].map((name) => name.replace('loacl_private.', ''))
  expect(tables.filter((name) => !named.includes(name))).toEqual([])
  expect(tables.filter((name) => !new RegExp(`\\b${name}\\b`).test(diagram))).toEqual([])
})

it('every exposed function has its line there', () => {
  const text = read('docs/data-model.md')
  const names = [...readExpectations().functions.keys()].map((signature) => signature.replace(/\(.*/, ''))
  expect(names.filter((name) => !text.includes(`\`${name}\``))).toEqual([])
})
