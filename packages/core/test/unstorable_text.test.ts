import { expect, it } from 'vitest'
import { answered, fakeProject, IDS, json } from './support/project.ts'
import { clientOf } from './support/watch.ts'

// PostgreSQL stores neither U+0000 nor half a character.
const GIVEN = 'a\0b \uD83D \uDC4B\uD83D \uD83D\uDC4B'
const STORED = 'ab   \uD83D\uDC4B'

const projectOf = () => fakeProject().on('POST turns', answered('Hello').answer, answered('Hello').answer)

it('a message is shown and sent as it is stored', async () => {
  const project = projectOf()
  const thread = clientOf(project).threads.create()
  const turn = thread.send(GIVEN)
  expect(thread.getSnapshot().messages.map(({ content }) => content)).toEqual([STORED])
  expect((await turn.done).status).toBe('completed')
  expect(thread.getSnapshot().messages[0]!.content).toBe(STORED)
  expect(project.named('POST turns')[0]!.body.text).toBe(STORED)
})

it('the same message under the same id is sent as the same text again', async () => {
  const project = projectOf()
  const client = clientOf(project)
  const id = '5e3b0c0e-2f3c-4b44-8d8f-0b6a7f5e2f10'
  await client.threads.create().send(GIVEN, { id }).done
  await client.threads.create().send(GIVEN, { id }).done
  const sent = project.named('POST turns').map(({ body }) => [body.id, body.text])
  expect(sent).toEqual([
    [id, STORED],
    [id, STORED],
  ])
})

it.each(['\0', ' \0\n', '\uD83D', '\uDC4B\0 \uD83D'])('a message of nothing else is empty: %j', async (text) => {
  const project = projectOf()
  const thread = clientOf(project).threads.create()
  expect(await thread.send(text).done).toMatchObject({ status: 'failed', error: { code: 'text_required' } })
  expect(thread.getSnapshot().messages).toEqual([])
  expect(project.calls).toEqual([])
})

it('every other text of the page’s is sent as it can be stored', async () => {
  const project = fakeProject()
    .on('POST identify', () => json({}))
    .on('POST rpc/list_threads', () => json({ items: [], nextCursor: null }))
    .on('POST rpc/update_thread', () => json({ id: IDS.threadId, title: STORED }))
    .on('POST rpc/set_feedback', () => json(null))
    .on('POST turns', answered('Hello').answer)
  const client = clientOf(project)
  const thread = client.threads.create()
  await thread.send({ text: 'Hi', suggestionId: GIVEN }).done
  await thread.rename(GIVEN)
  await thread.feedback(GIVEN, 'up', GIVEN)
  await client.threads.list({ search: GIVEN, cursor: GIVEN })
  await client.identify({ identityToken: GIVEN })
  await expect.poll(() => project.named('POST rpc/use_suggestion')).toHaveLength(1)
  const texts = project.calls.flatMap(({ body }) => Object.values(body))
  expect(texts.filter((text) => text === STORED)).toHaveLength(7)
  expect(texts).not.toContain(GIVEN)
  expect(thread.getSnapshot().title).toBe(STORED)
})
