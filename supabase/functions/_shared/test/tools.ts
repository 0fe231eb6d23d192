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

/** Runs tools as a test says, and remembers what it was asked. */
export class ScriptedTools implements ToolRunner {
  readonly calls: Parameters<ToolRunner['run']>[] = []
  /** What a call gives. Never settled: it hangs until it is aborted, and after. */
  script: (tool: Tool, call: Call, signal: AbortSignal) => ToolOutcome | Promise<ToolOutcome>

  constructor(run: ScriptedTools['script'] = () => ({ result: 'Sunny' })) {
    this.script = run
  }

  async run(...asked: Parameters<ToolRunner['run']>): Promise<ToolOutcome> {
    this.calls.push(asked)
    const [ran, call, , signal] = asked
    return this.script(ran, call, signal)
  }
}
