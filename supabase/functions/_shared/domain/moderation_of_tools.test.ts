import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { caller, FOLLOW_UPS, start } from '../test/running_turn.ts'
import { answering, completed, created, ScriptedModel, textDelta, toolCall, usage } from '../test/scripted_model.ts'
import { FLAGGED, ScriptedModerator } from '../test/scripted_moderator.ts'
import { tool } from '../test/tools.ts'
import type { Tool } from './tools/tool.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const moderation = {
  input: true,
  output: true,
  failsOpen: false,
  model: 'omni-moderation-latest',
  hasProvider: false,
  provider: null,
}

/** A turn that is moderated, says something and calls a tool that has to be asked about, with this argument. */
async function beginCalling(argument: string, change: Partial<Tool> = {}) {
  const steps = [created, textDelta('Let me see.'), toolCall('c1', 'look_up', { of: argument }), usage, completed]
  const model = new ScriptedModel(steps, FOLLOW_UPS, answering('Sunny.'))
  const moderator = new ScriptedModerator()
  return { model, ...(await start(model, {}, { moderation, moderator, tools: [tool(change)] })) }
}

async function end(running: Awaited<ReturnType<typeof beginCalling>>) {
  await vi.runAllTimersAsync()
  await running.done
  return await running.read()
}

describe('an answer that calls a tool', () => {
  it('has what was checked kept with its step, also where it waits after that', async () => {
    const running = await beginCalling('rain')
    expect(await end(running)).toMatchObject({ state: 'waiting' })
    const first = { flags: [], usage: { inputTokens: expect.any(Number) } }
    expect(running.store.moderated).toMatchObject([first])
    await running.decide(running.callsOf(1)[0]!)
    const resumed = running.resume(1)
    await vi.runAllTimersAsync()
    await resumed
    expect(running.store.moderated).toMatchObject([first, { usage: { inputTokens: 6 } }])
  })

  it('is checked with the arguments, before anybody is asked about them', async () => {
    const running = await beginCalling(FLAGGED)
    expect(await end(running)).toMatchObject({ errorCode: 'output_flagged', message: { content: '', parts: [] } })
    expect(running.callsOf(1)).toEqual([])
    expect(JSON.stringify(running.parts())).not.toContain(FLAGGED)
  })

  it.each(['reason', 'page'])('is refused where what the visitor says to it is flagged: %s', async (way) => {
    const running = await beginCalling('rain', way === 'page' ? { kind: 'page', endpoint: null } : {})
    await end(running)
    const call = running.callsOf(1)[0]!
    if (way === 'reason') await running.decide(call, false, `Give me ${FLAGGED}`)
    else {
      await running.decide(call)
      await running.store.claimCall(call.id, 'tab-1', caller)
      await running.store.answerCall(call.id, 'tab-1', { output: { say: FLAGGED } }, caller)
    }
    const resumed = running.resume(1)
    await vi.runAllTimersAsync()
    await resumed
    expect(running.model.calls).toHaveLength(1)
    expect(await running.read()).toMatchObject({ errorCode: 'input_flagged', message: { content: '', parts: [] } })
    expect(running.store.moderated.at(-1)).toMatchObject({ flags: [{ direction: 'input' }] })
  })
})
