import type { Call, Tool, ToolOutcome, ToolRunner } from '../domain/tools/tool.ts'

/** A server tool, as an assistant may have it. */
export const tool = (change: Partial<Tool> = {}): Tool => ({
  id: crypto.randomUUID(),
  name: 'look_up',
  kind: 'server',
  description: 'Looks something up.',
  parameters: { type: 'object' },
  endpoint: 'https://shop.example/tools',
  server: null,
  remoteName: null,
  hostedType: null,
  hostedOptions: null,
  timeoutMs: 10_000,
  maxResultBytes: 65_536,
  isIdempotent: false,
  costUsd: 0,
  approvalSeconds: 86_400,
  visitorSees: 'title',
  words: {},
  digest: 'digest',
  ...change,
})

/** A call of it. */
export const call = (change: Partial<Call> = {}): Call => ({
  id: crypto.randomUUID(),
  callId: 'c1',
  toolId: null,
  name: 'look_up',
  kind: 'server',
  arguments: {},
  argumentsDigest: '0'.repeat(64),
  status: 'executing',
  result: null,
  errorCode: null,
  errorMessage: null,
  expiresAt: null,
  idempotencyKey: crypto.randomUUID(),
  approvedBy: 'settings',
  ...change,
})

/** Runs tools as a test says, and remembers what it was asked. */
export class ScriptedTools implements ToolRunner {
  readonly calls: Parameters<ToolRunner['run']>[] = []
  /** What a call gives. Never settled: it hangs until it is aborted, and after. */
  script: (ran: Tool, made: Call, signal: AbortSignal) => ToolOutcome | Promise<ToolOutcome>

  constructor(run: ScriptedTools['script'] = () => ({ result: 'Sunny' })) {
    this.script = run
  }

  async run(...asked: Parameters<ToolRunner['run']>): Promise<ToolOutcome> {
    this.calls.push(asked)
    const [ran, made, , signal] = asked
    return this.script(ran, made, signal)
  }
}
