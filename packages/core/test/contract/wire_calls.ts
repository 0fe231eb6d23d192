import { ERROR_STATUS, type ErrorCode, type MessagePage } from '@loacl/wire'
import { expect } from 'vitest'
import { type callerOf, collect, type ProjectUnderTest, turnOf } from './project_under_test.ts'

type Caller = ReturnType<typeof callerOf>

/** Of a function's error, once all that such an error must have was found in it. */
export async function codeOf(response: Response): Promise<ErrorCode> {
  const { error } = (await response.json()) as { error: { code: ErrorCode; message: string; requestId: string } }
  expect(response.status).toBe(ERROR_STATUS[error.code])
  expect(error).toMatchObject({ message: expect.any(String), requestId: expect.any(String) })
  return error.code
}

/** Of the Data API's. */
export async function databaseErrorOf(response: Response) {
  return { status: response.status, ...((await response.json()) as { code?: string; message: string }) }
}

export const messagesIn = async (me: Caller, threadId: string) =>
  (await (await me.rpc('list_messages', { thread_id: threadId })).json()) as MessagePage

/** Asks, and reads the answer to its end. */
export async function ask(project: ProjectUnderTest, me: Caller, text = 'Hello', threadId: string | null = null) {
  project.stream().say('Hi').end()
  const parts = await collect(await me.chat('POST', 'turns', me.message(text, { threadId }))).all()
  return turnOf(parts)
}
