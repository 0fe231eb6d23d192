// What docs/testing.md says of itself.
import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { createTestProject } from '../../src/testing/index.ts'
import { CHAT_ROUTES } from '../../src/testing/chat_function.ts'
import { DATABASE_FUNCTIONS } from '../../src/testing/data_api.ts'

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8')

it('has an example that runs: documented.test.ts', async () => {
  const [, example] = /```ts\n(import \{ createClient .*?)```/s.exec(await read('../../../../docs/testing.md'))!
  const own = (await read('./documented.test.ts'))
    .replace('../../src/testing/index.ts', '@loacl/core/testing')
    .replace('../../src/index.ts', '@loacl/core')
  expect(example).toBe(own)
})

it('names every member of a project and everything that can be asked of one', async () => {
  const page = await read('../../../../docs/testing.md')
  const [, table = ''] = /## The project\n(.*?)\n## /s.exec(page)!
  const named = [...table.matchAll(/^\| ([^|]+(?:\\\|[^|]+)*) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)[^`]*`/g)].map(([, name]) => name!),
  )
  expect(named.toSorted()).toEqual(Object.keys(createTestProject()).toSorted())
  for (const name of [...Object.keys(DATABASE_FUNCTIONS), ...Object.keys(CHAT_ROUTES)])
    expect(page).toContain(`\`${name}\``)
})
