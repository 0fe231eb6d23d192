// What npm and the CDNs are told of the packages that are published.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const read = (path: string) => readFileSync(new URL(`../packages/${path}`, import.meta.url), 'utf8')

interface Manifest {
  main?: string
  types?: string
  unpkg?: string
  jsdelivr?: string
  sideEffects?: boolean | string[]
  exports: Record<string, unknown>
  dependencies?: Record<string, string>
}

describe.each(['core', 'widget'])('@loacl/%s', (name) => {
  const manifest = JSON.parse(read(`${name}/package.json`)) as Manifest

  it('is found by tools that don’t read "exports", and by CDNs', () => {
    const file = name === 'widget' ? './dist/loacl.js' : './dist/index.js'
    expect(manifest).toMatchObject({ main: './dist/index.js', types: './dist/index.d.ts', unpkg: file, jsdelivr: file })
  })

  it('takes later versions of what it depends on', () => {
    for (const range of Object.values(manifest.dependencies ?? {})) expect(range).toMatch(/^(workspace:)?\^/)
  })

  it('has no link in its README that leads nowhere on npm', () => {
    const links = [...read(`${name}/README.md`).matchAll(/\]\(([^)]+)\)/g)].map(([, address]) => address)
    expect(links.filter((address) => !/^(https:|#)/.test(address!))).toEqual([])
  })
})

it('the script tag’s files can be named in an import, and what an import alone does is kept by bundlers', () => {
  const { exports, sideEffects } = JSON.parse(read('widget/package.json')) as Manifest
  expect(exports).toMatchObject({ './loacl.js': './dist/loacl.js', './panel-*.js': './dist/panel-*.js' })
  expect(sideEffects).toEqual(['./dist/index.js', './dist/loacl.js'])
})

it('the frameworks of the examples are not among what `npm start` installs', () => {
  const lock = read('../pnpm-lock.yaml')
  expect(lock).toMatch(/^ {2}packages\/widget:$/m)
  expect(lock).not.toMatch(/^ {2}(examples|'?(next|webpack|vue-loader|@vitejs\/plugin-react)@)/m)
})
