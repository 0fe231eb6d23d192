import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const pages = globSync('**/*.md', {
  cwd: root,
  exclude: (name) => name.includes('node_modules') || name.endsWith('dist'),
})

/** The names under which a page's headings can be linked to. */
const anchorsOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

function brokenLinksOf(page: string): string[] {
  const links = readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)/g)
  return [...links].flatMap(([link, path = '', anchor]) => {
    const file = path ? join(root, dirname(page), path) : join(root, page)
    const isThere = existsSync(file) && (anchor === undefined || anchorsOf(file).includes(anchor))
    return isThere ? [] : [`${page}: ${link}`]
  })
}

it('every link from one document to another leads there', () => {
  expect(pages.length).toBeGreaterThan(15)
  expect(pages.flatMap(brokenLinksOf)).toEqual([])
})

it('whoever looks for where to report a hole is led to it', () => {
  for (const page of ['README.md', 'CONTRIBUTING.md', 'docs/security.md'])
    expect(readFileSync(join(root, page), 'utf8')).toMatch(/\]\((\.\.\/)?SECURITY\.md\)/)
})
