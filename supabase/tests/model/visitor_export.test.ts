import { afterAll, expect, it } from 'vitest'
import type { VisitorExport } from '../../../packages/core/src/index.ts'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createMatrixWorld } from '../matrix/matrix_world.ts'
import { createWorld } from '../support/world.ts'

const world = createWorld(workerStack())
afterAll(() => world.close())

/** The members of every object in a value, by the way to it; items of an array are taken together. */
function shapeOf(value: unknown, at = ''): string[] {
  if (/\.(metadata|parts)$/.test(at)) return [at]
  if (Array.isArray(value)) return [...new Set(value.flatMap((item) => shapeOf(item, `${at}[]`)))]
  if (typeof value !== 'object' || value === null) return [at]
  return Object.entries(value).flatMap(([name, member]) => shapeOf(member, `${at}.${name}`))
}

it('the visitor’s export has the members of VisitorExport', async () => {
  const { callers } = await createMatrixWorld(world)
  const { body } = await world.api.rpc('export_visitor_data', {}, callers['identified visitor'].api)
  const { createdAt, ...same } = { id: '', createdAt: '', metadata: {} }
  const typed: VisitorExport = {
    exportedAt: '',
    sessions: [
      {
        ...same,
        createdAt,
        assistantId: '',
        type: 'guest',
        userId: null,
        externalId: null,
        fingerprintHash: null,
        lastActiveAt: '',
        expiresAt: '',
      },
    ],
    threads: [
      {
        ...same,
        createdAt,
        title: null,
        status: 'deleted',
        lastMessageAt: '',
        clientId: null,
        sessionId: '',
        deletedAt: null,
        shownMessageId: null,
        messages: [
          {
            ...same,
            createdAt,
            clientId: null,
            role: 'assistant',
            author: 'assistant',
            status: 'completed',
            content: '',
            parts: [],
            errorCode: null,
            cutReason: null,
            parentId: null,
            model: null,
            context: null,
            suggestions: [{ ...same, suggestion: '', used: true, usedAt: null }],
            annotations: [
              {
                type: 'url_citation',
                text: null,
                title: null,
                url: null,
                fileId: null,
                quote: null,
                startIndex: null,
                endIndex: null,
              },
            ],
            feedback: { value: 'up', comment: null, updatedAt: '' },
          },
        ],
        events: [{ number: 1, kind: 'turn_began', messageId: null, turnId: null, createdAt }],
      },
    ],
    files: [
      {
        ...same,
        createdAt,
        threadId: null,
        messageId: null,
        originalName: '',
        mimeType: '',
        sizeBytes: 0,
        sha256: '',
        purpose: '',
        width: null,
        height: null,
      },
    ],
    uploads: [{ id: '', createdAt, originalName: '', mimeType: '', sizeBytes: 0, state: 'begun' }],
  }
  // A visitor's message has no feedback and no annotations.
  const empty = ['.threads[].messages[].feedback']
  const shape = shapeOf(body).filter((path) => !empty.includes(path))
  expect(shape.toSorted()).toEqual(shapeOf(typed).toSorted())
})
