import { readFileSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
import { workerStack } from '../../packages/local/test/worker_stack.ts'
import { createToken } from './support/api.ts'
import { createWorld } from './support/world.ts'

const world = createWorld(workerStack())
afterAll(() => world.close())

/** What owners are told to run, but for what takes extensions that only a hosted project has. */
const statements = ['admin', 'limits', 'moderation', 'tools'].flatMap((page) => {
  const text = readFileSync(new URL(`../../docs/${page}.md`, import.meta.url), 'utf8')
  return [...text.matchAll(/^```sql\n(.*?)^```/gms)]
    .map(([, block = '']) => block)
    .filter((block) => !/\b(vault|cron)\./.test(block))
    .flatMap((block) => block.split(/;.*\n/))
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
})

it('every statement of docs/admin.md, limits.md, moderation.md and tools.md runs, and changes what it names', async () => {
  expect(statements.length).toBeGreaterThan(9)
  const idle: string[] = []
  const done = world.sql.begin(async (tx) => {
    const { id } = await world.createAssistant()
    await world.converse(id, createToken())
    await tx`update loacl.assistants set name = 'Other' where name = 'Lumi' and id <> ${id}`
    await tx`update loacl.assistants set name = 'Lumi' where id = ${id}`
    // Another assistant's, which nobody means.
    const other = await world.createAssistant()
    const question = 'Do you ship to Norway?'
    await tx`insert into loacl.guided_questions (assistant_id, question) values (${other.id}, ${question})`
    // As the function adds it, after `POST /mcp-servers/:id/tools`.
    const addMcpTool = () => tx`
      insert into loacl.assistant_tools (assistant_id, name, kind, mcp_server_id, remote_name, is_active)
      select m.assistant_id, 'parts_find_parts', 'mcp', m.id, 'find_parts', false from loacl.mcp_servers m
      where m.assistant_id = ${id}`
    const owner = await tx`select owner_id from loacl.assistants where id = ${id}`
    await tx`insert into loacl.documents (owner_id, original_name) values (${owner[0]!.owner_id}, 'handbook.pdf')`
    for (const statement of statements) {
      const { count } = await tx.unsafe(statement)
      if (statement.startsWith('insert into loacl.mcp_servers')) await addMcpTool()
      if (count !== 1 && !/^(--.*\n)*select/.test(statement)) idle.push(statement)
    }
    expect(await tx`select assistant_id from loacl.guided_questions where question = ${question}`).toEqual([
      { assistant_id: other.id },
    ])
    throw new Error('roll back')
  })
  await expect(done).rejects.toThrow('roll back')
  expect(idle).toEqual([])
})
