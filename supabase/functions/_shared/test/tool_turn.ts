import type { StreamPart, ToolPart } from '@loacl/wire'
import { vi } from 'vitest'
import type { InputItem } from '../domain/model.ts'
import type { Tool } from '../domain/tools/tool.ts'
import { start } from './running_turn.ts'
import { completed, created, type ScriptedModel, type ScriptStep } from './scripted_model.ts'
import { tool } from './tools.ts'

export const calling = (...calls: ScriptStep[]): ScriptStep[] => [created, ...calls, completed]
export const pay = tool({ name: 'pay', words: { en: { title: 'Pay' } } })
export const look = tool({ name: 'look_up', visitorSees: 'result', costUsd: 0.01 })
const page = tool({ name: 'scroll', kind: 'page', endpoint: null, timeoutMs: 5_000 })
export const isRead = ({ name }: Tool) => name !== 'pay'
export const never = () => new Promise<never>(() => {})

export async function run(model: ScriptedModel, surroundings: Parameters<typeof start>[2] = {}) {
  const running = await start(model, {}, { tools: [look, pay, page], isApproved: isRead, ...surroundings })
  await vi.runAllTimersAsync()
  await running.done
  const resume = async (step: number) => {
    const resumed = running.resume(step)
    await vi.runAllTimersAsync()
    return (await resumed).map(({ part }) => part)
  }
  return { ...running, resume, stored: await running.read() }
}

export const resultsOf = (input: readonly InputItem[]) =>
  input.flatMap((item) => (item.type === 'tool-result' ? [item.output] : []))
export const callsIn = (parts: readonly StreamPart[]) =>
  parts.flatMap((part) =>
    part.type === 'tool-output-error' ? part.errorText : part.type.startsWith('tool-') ? part.type : [],
  )
export const toolParts = (parts: readonly { type: string }[]) =>
  parts.filter(({ type }) => type === 'dynamic-tool') as ToolPart[]
