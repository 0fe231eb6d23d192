import { randomBytes } from 'node:crypto'
import { createKeyRing } from '@loacl/sealing'
import { createClient as createSupabase } from '@supabase/supabase-js'
import { type Script, startMockModel, type WholeScript } from '@loacl/mock-model'
import { startStack, type Stack } from '../../../packages/local/src/index.ts'
import postgres from 'postgres'
import { FILES } from '../../../packages/core/test/contract/files_contract.ts'
import type { AnswerUnderTest, ProjectUnderTest } from '../../../packages/core/test/contract/project_under_test.ts'
import { signIdentity } from '../identity/site.ts'

type Step = { say: string } | { end: Parameters<AnswerUnderTest['end']>[0] } | 'fail'

/** What moderation flags. */
const FLAGGED = 'unspeakable'

interface ModelAnswer extends AnswerUnderTest {
  play: Script
  playWhole: WholeScript
}

/** What the model says to one question. */
function createModelAnswer(): ModelAnswer {
  const steps: Step[] = []
  let wake: (() => void) | undefined
  let ending: { title?: string; followUps?: readonly string[] } = {}
  const then = (step: Step): void => {
    steps.push(step)
    wake?.()
  }
  const answer: ModelAnswer = {
    say(text) {
      then({ say: text })
      return answer
    },
    end: (given = {}) => then({ end: given }),
    fail(code) {
      if (code === 'output_flagged') answer.say(FLAGGED).end()
      else then('fail')
    },
    async play(say, response, model) {
      const closed = new Promise<void>((resolve) => response.once('close', resolve))
      for (let at = 0; !response.destroyed; at++) {
        while (!steps[at] && !response.destroyed)
          await Promise.race([new Promise<void>((woken) => (wake = woken)), closed])
        const step = steps[at]
        if (step === 'fail') return model.sendError(500, { message: 'The server had an error.', type: 'server_error' })
        if (!step) return
        if ('say' in step) say(step.say)
        else {
          ending = step.end ?? {}
          return
        }
      }
    },
    playWhole: (_, model) =>
      model.sendWhole(JSON.stringify({ title: ending.title ?? null, followUps: ending.followUps ?? [] })),
  }
  return answer
}

/** As the owner's console does it: answers are moderated, files are taken, and the site's server has a secret. */
async function setUp({ dbUrl, encryptionKeys, assistantId }: Stack): Promise<string> {
  const sql = postgres(dbUrl, { max: 1 })
  await sql`
    update loacl.assistants set moderates_output = true, file_types = ${[...FILES.types]},
      max_file_bytes = ${FILES.maxBytes}, max_files_per_message = ${FILES.maxFiles}
    where id = ${assistantId}
  `
  const [{ owner_id: ownerId }] = await sql<[{ owner_id: string }]>`
    select owner_id from loacl.assistants where id = ${assistantId}
  `
  const secret = randomBytes(32).toString('base64url')
  const secretId = crypto.randomUUID()
  const context = { purpose: 'identity_secret', secretId, ownerId, provider: assistantId, baseUrl: null } as const
  const { keyId, ciphertext } = await createKeyRing(encryptionKeys).seal(secret, context)
  await sql`
    select loacl.set_identity_secret(
      owner_id => ${ownerId}, assistant_id => ${assistantId}, secret_id => ${secretId}, key_id => ${keyId},
      ciphertext => ${ciphertext}, last_four => ${secret.slice(-4)}
    )
  `
  await sql.end()
  return secret
}

/** The real project, on a local Supabase, with a model that a test scripts. */
export async function startStackProject(): Promise<ProjectUnderTest & { stop(): Promise<void> }> {
  const script: ModelAnswer[] = []
  let playing: ModelAnswer
  const model = await startMockModel({
    script: (...call) => (playing = script.shift()!).play(...call),
    answerWhole: (...call) => playing.playWhole(...call),
    moderation: (text) => (text.includes(FLAGGED) ? ['harassment'] : []),
  })
  const stack = await startStack({ modelUrl: model.url })
  const secret = await setUp(stack)
  return {
    url: stack.apiUrl,
    key: stack.publishableKey,
    assistant: stack.assistantId,
    stream() {
      const answer = createModelAnswer()
      script.push(answer)
      return answer
    },
    identityToken: (externalId) => signIdentity({ assistantId: stack.assistantId, secret }, externalId),
    async accessToken() {
      const supabase = createSupabase(stack.apiUrl, stack.publishableKey, { auth: { persistSession: false } })
      const email = `${crypto.randomUUID()}@example.com`
      const { data } = await supabase.auth.signUp({ email, password: crypto.randomUUID() })
      return data.session!.access_token
    },
    async stop() {
      await stack.stop()
      model.stop()
    },
  }
}
