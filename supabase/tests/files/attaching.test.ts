import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createWorld, type Operator } from '../support/world.ts'
import { createFileCalls } from './file_calls.ts'

const world = createWorld(workerStack())
const { api, sql } = world
const files = createFileCalls(world)
const SETTINGS = {
  file_types: ['image/png', 'text/plain', 'application/pdf'],
  max_file_bytes: 20_000_000,
  file_bytes_per_day: null as unknown as number,
  spend_per_day_usd: null as unknown as number,
  spend_per_month_usd: null as unknown as number,
}

let assistantId: string
let owner: Operator
let token: string

beforeAll(async () => {
  ;({ id: assistantId, owner } = await world.createAssistant({ settings: SETTINGS }))
})
beforeEach(() => {
  token = files.newVisitor()
})
afterAll(() => world.close())

const codeOf = ({ status, body }: { status: number; body: { message: string } }) => [status, body.message]
interface ToldFile {
  name: string
  path: string | null
}
const toldOf = ({ body }: { body: { history: { content: string; files?: ToldFile[] }[] } }) =>
  body.history.map(({ content, files: told = [] }) => [
    content,
    ...told.map(({ name, path }) => `${name}${path ? '' : ' by name'}`),
  ])

describe('a message with files', () => {
  it('has their parts before its text, and they are its', async () => {
    const ids = [
      await files.add(assistantId, token, { name: 'a.png' }),
      await files.add(assistantId, token, { name: 'b.png' }),
    ]
    const { body } = await files.send(assistantId, token, ids.toReversed(), { text: 'Look.' })
    const [message] = await sql`select content, parts from loacl.messages where id = ${body.userMessageId}`
    expect(message).toEqual({
      content: 'Look.',
      parts: [
        { type: 'file', mediaType: 'image/png', filename: 'b.png', url: `loacl-file:${ids[1]}` },
        { type: 'file', mediaType: 'image/png', filename: 'a.png', url: `loacl-file:${ids[0]}` },
        { type: 'text', text: 'Look.' },
      ],
    })
    expect(
      await sql`select from loacl.files where id in ${sql(ids)} and message_id = ${body.userMessageId} and thread_id = ${body.threadId}`,
    ).toHaveLength(2)
  })

  it('needs no text, and is the same message when it comes again', async () => {
    const id = await files.add(assistantId, token)
    const request = { id: randomUUID(), text: ' \n' }
    const first = await files.send(assistantId, token, [id], request)
    expect(first.status).toBe(200)
    expect((await files.send(assistantId, token, [id], request)).body).toMatchObject({
      joined: true,
      userMessageId: first.body.userMessageId,
    })
    const other = await files.add(assistantId, token)
    for (const named of [[], [other], [id, other]])
      expect(codeOf(await files.send(assistantId, token, named, { ...request, text: 'x' }))).toEqual([
        409,
        'id_conflict',
      ])
    expect(codeOf(await files.send(assistantId, token, [other], request))).toEqual([409, 'id_conflict'])
  })

  it('without files or text is refused', async () => {
    expect(codeOf(await files.send(assistantId, token, []))).toEqual([400, 'text_required'])
  })

  it('takes a file once, also of two at once', async () => {
    const id = await files.add(assistantId, token)
    const answers = await Promise.all([1, 2, 3].map(() => files.send(assistantId, token, [id])))
    expect(answers.map(codeOf).filter(([, code]) => code === 'file_not_found')).toHaveLength(2)
    expect(codeOf(await files.remove(id, token))).toEqual([409, 'id_conflict'])
  })

  it.each<[string, () => Promise<string>, number, string]>([
    ['that nobody has', async () => randomUUID(), 404, 'file_not_found'],
    ['of another visitor', () => files.add(assistantId, files.newVisitor()), 404, 'file_not_found'],
    [
      'that is not complete',
      async () => (await files.begin(assistantId, token)).body.id as string,
      409,
      'upload_incomplete',
    ],
    [
      'of another visitor that is not complete',
      async () => (await files.begin(assistantId, files.newVisitor())).body.id as string,
      404,
      'file_not_found',
    ],
    [
      'that was taken away',
      async () => {
        const id = await files.add(assistantId, token)
        await files.remove(id, token)
        return id
      },
      404,
      'file_not_found',
    ],
  ])('takes none %s, and nothing is left', async (_, make, status, code) => {
    const id = await make()
    const own = await files.add(assistantId, token)
    expect(codeOf(await files.send(assistantId, token, [own, id], { text: 'Hi.' }))).toEqual([status, code])
    expect(await sql`select from loacl.files where id = ${own} and message_id is null`).toHaveLength(1)
  })

  it('takes none of another assistant’s, though it is the same person’s', async () => {
    const { id: other } = await world.createAssistant({ settings: SETTINGS })
    const theirs = files.newVisitor()
    const id = await files.add(other, theirs)
    expect(codeOf(await files.send(assistantId, token, [id]))).toEqual([404, 'file_not_found'])
    expect(codeOf(await files.send(assistantId, theirs, [id]))).toEqual([403, 'session_mismatch'])
  })

  it('takes so many, and none once the owner takes none', async () => {
    const { id: strict } = await world.createAssistant({ settings: { ...SETTINGS, max_files_per_message: 1 } })
    const ids = [await files.add(strict, token), await files.add(strict, token)]
    expect(codeOf(await files.send(strict, token, ids))).toEqual([413, 'too_many_files'])
    await sql`update loacl.assistants set file_types = '{}' where id = ${strict}`
    expect(codeOf(await files.send(strict, token, [ids[0]!]))).toEqual([415, 'files_unsupported'])
  })

  it('takes a file that another device of the same person uploaded', async () => {
    const other = files.newVisitor()
    const begun = await world.converse(assistantId, other)
    const id = await files.add(assistantId, token)
    await sql`
      update loacl.sessions s set session_type = 'authenticated', external_id = ${token}
      from loacl_private.session_tokens k
      where k.session_id = s.id and k.token_hash in (sha256(${token}::text::bytea), sha256(${other}::text::bytea))`
    const sent = await files.send(assistantId, other, [id], { threadId: begun.threadId })
    expect(sent.status).toBe(200)
    expect((await files.locate(id, token)).status).toBe(200)
    expect(await sql`select from loacl.files where id = ${id} and thread_id = ${begun.threadId}`).toHaveLength(1)
  })
})

describe('a file of a signed-in user', () => {
  it('is nobody’s without that user, whoever has the token', async () => {
    const id = await files.add(assistantId, token)
    const begun = (await files.begin(assistantId, token)).body.id as string
    const { userId } = await world.createOperator()
    await sql`
      update loacl.sessions s set session_type = 'authenticated', user_id = ${userId}
      from loacl_private.session_tokens k where k.session_id = s.id and k.token_hash = sha256(${token}::text::bytea)`
    for (const call of [files.find, files.locate, files.remove, files.complete])
      for (const other of [id, begun]) expect(codeOf(await call(other, token))).toEqual([401, 'session_locked'])
    expect(codeOf(await files.begin(assistantId, token))).toEqual([401, 'session_locked'])
    expect(codeOf(await files.send(assistantId, token, [id]))).toEqual([401, 'session_locked'])
    expect((await api.select('files?select=id', { token })).body).toEqual([])
  })
})

describe('an erased or deleted file', () => {
  it('is found by nobody, and deleted twice', async () => {
    const sent = await files.add(assistantId, token)
    const { body } = await files.send(assistantId, token, [sent])
    const unsent = await files.add(assistantId, token)
    const begun = (await files.begin(assistantId, token)).body
    const paths = [
      (await files.uploadOf(sent))!.storage_path,
      (await files.uploadOf(unsent))!.storage_path,
      begun.path as string,
    ]
    await api.rpc('delete_thread', { thread_id: body.threadId }, { token })
    expect(codeOf(await files.locate(sent, token))).toEqual([404, 'file_not_found'])
    expect((await api.rpc('erase_visitor_data', {}, { token })).status).toBe(200)
    for (const path of paths) expect(await files.queued(path)).toEqual([{ due: true, again: true }])
    for (const call of [files.find, files.locate, files.remove, files.complete])
      expect(codeOf(await call(sent, token))).toEqual([401, 'session_expired'])
    expect(await sql`select from loacl_private.uploads where id in ${sql([sent, unsent, begun.id as string])}`).toEqual(
      [],
    )
  })
})

const deleteFile = (id: string) => api.rpc('delete_file', { file_id: id }, { jwt: owner.jwt })
const say = async (threadId: string | null, text: string, ids: readonly string[] = []) => {
  const answer = await files.send(assistantId, token, ids, { threadId, text })
  expect(answer.status).toBe(200)
  await world.finish(answer.body.turn)
  return answer
}

describe('what the model is told', () => {
  it('are the files of the newest messages, as far as the budget goes', async () => {
    await sql`update loacl.assistants set context_token_budget = 3000 where id = ${assistantId}`
    const pictures = []
    for (const name of ['a.png', 'b.png', 'c.png']) pictures.push(await files.add(assistantId, token, { name }))
    const first = await say(null, 'One', [pictures[0]!])
    const { threadId } = first.body
    await say(threadId, 'Two', [pictures[1]!])
    const third = await files.send(assistantId, token, [pictures[2]!], { threadId, text: 'Three' })
    // A thousand tokens each: two fit beside the texts.
    expect(toldOf(third)).toEqual([
      ['One', 'a.png by name'],
      ['It is this.'],
      ['Two', 'b.png'],
      ['It is this.'],
      ['Three', 'c.png'],
    ])
    await sql`update loacl.assistants set context_token_budget = 16000 where id = ${assistantId}`
  })

  it('are those of the question whatever the budget, within 20 MB', async () => {
    const [large, larger] = [
      await files.add(assistantId, token, { name: 'a.pdf', type: 'application/pdf', size: 15_000_000 }),
      await files.add(assistantId, token, { name: 'b.pdf', type: 'application/pdf', size: 15_000_000 }),
    ]
    const { body, status } = await files.send(assistantId, token, [large, larger])
    expect([status, toldOf({ body })]).toEqual([200, [['', 'a.pdf', 'b.pdf by name']]])
  })

  it('is reserved in the budget, and a text by each of its bytes', async () => {
    const { id: poor } = await world.createAssistant({ settings: { ...SETTINGS, tokens_per_day: 60_000 } })
    const reserved = async (turnId: string) =>
      (
        await sql<
          { tokens: number }[]
        >`select tokens::int from loacl_private.reservations where turn_id = ${turnId} and purpose = 'answer'`
      )[0]!.tokens
    const [plain, pictured] = [files.newVisitor(), files.newVisitor()]
    const without = await reserved((await files.send(poor, plain, [], { text: 'Hi.' })).body.turn.id)
    const id = await files.add(poor, pictured)
    const withOne = await reserved((await files.send(poor, pictured, [id], { text: 'Hi.' })).body.turn.id)
    expect(withOne - without).toBeGreaterThanOrEqual(3_000)
    expect(withOne - without).toBeLessThan(3_500)
    const text = await files.add(poor, token, { name: 'a.txt', type: 'text/plain', size: 60_000 })
    expect(codeOf(await files.send(poor, token, [text], { text: 'Hi.' }))).toEqual([429, 'budget_exceeded'])
    expect(await sql`select from loacl.files where id = ${text} and message_id is null`).toHaveLength(1)
  })

  it('goes on with a message of files alone', async () => {
    const first = await say(null, '', [await files.add(assistantId, token)])
    const second = await files.send(assistantId, token, [], { threadId: first.body.threadId, text: 'And?' })
    expect(toldOf(second)).toEqual([['', 'me.png'], ['It is this.'], ['And?']])
  })

  it('says by name what an operator has deleted, and never nothing', async () => {
    const ids = [await files.add(assistantId, token, { name: 'a.png' }), await files.add(assistantId, token)]
    const first = await say(null, '', ids)
    const again = async () => {
      const { threadId, messageId } = first.body
      const asked = { type: 'regenerate', id: randomUUID(), threadId, messageId }
      const answer = await files.send(assistantId, token, [], asked)
      await world.finish(answer.body.turn)
      return toldOf(answer)
    }
    await deleteFile(ids[0]!)
    expect(await again()).toEqual([['', 'a.png by name', 'me.png']])
    await deleteFile(ids[1]!)
    expect(await again()).toEqual([['', 'a.png by name', 'me.png by name']])
  })

  it('tells what the page says with its question alone, though that is told no more', async () => {
    const { threadId } = (await say(null, 'One')).body
    const id = await files.add(assistantId, token)
    const second = await files.send(assistantId, token, [id], { threadId, context: { title: 'Lamp' } })
    const cut = await world.finish(second.body.turn, { state: 'cut', cutReason: 'max_output_tokens' })
    expect(cut.status).toBe(204)
    await deleteFile(id)
    const { messageId } = second.body
    const continued = await files.send(assistantId, token, [], {
      type: 'continue',
      id: randomUUID(),
      threadId,
      messageId,
    })
    const history = continued.body.history as { role: string; content: string; context?: object }[]
    expect(history.map(({ role, content, context }) => [role, content, Boolean(context)])).toEqual([
      ['user', 'One', false],
      ['assistant', 'It is this.', false],
      ['assistant', 'It is this.', false],
    ])
  })
})
