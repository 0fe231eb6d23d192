// What docs/admin.md tells owners to send, sent.
import { readFileSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { callAdmin } from '../../functions/loacl-admin/test/stack_calls.ts'
import { createWorld } from '../support/world.ts'

const stack = workerStack()
const world = createWorld(stack)
afterAll(() => world.close())

const page = readFileSync(new URL('../../../docs/admin.md', import.meta.url), 'utf8')
const [, section = ''] = page.split('## Whom an assistant asks\n')
const calls = [...section.split('\n## ')[0]!.matchAll(/^admin (\w+) (\S+)(?: -d '(.*)')?$/gm)]

it('every call of the chapter on whom an assistant asks is taken', async () => {
  expect(calls.length).toBeGreaterThan(6)
  const { id, owner } = await world.createAssistant()
  let keyId = ''
  for (const [, method = '', path = '', body] of calls) {
    const fill = (text: string) =>
      text
        .replaceAll("'$KEY_ID'", keyId)
        .replaceAll('$ID', id)
        .replaceAll('https://models.example/v1', stack.modelUrl)
        .replaceAll('sk-…', 'sk-live-0123456789')
    const sent = body === undefined ? undefined : (JSON.parse(fill(body)) as object)
    const answer = await callAdmin(stack, owner.jwt, method, fill(path), sent)
    expect([method, path, body, answer.status]).toEqual([method, path, body, 200])
    if (path === '/provider-key') keyId = answer.body.id
    const expected = { PATCH: sent, POST: { ok: true } }[method] ?? {}
    expect(answer.body).toMatchObject(expected)
  }
})
