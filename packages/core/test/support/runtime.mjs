// Runs in plain Node and in Deno: `runtime.mjs <module>` prints what the client did there, as JSON.
const before = Object.getOwnPropertyNames(globalThis)
const { createClient, ...others } = await import(process.argv[2] ?? Deno.args[0])
const touched = Object.getOwnPropertyNames(globalThis).filter((name) => !before.includes(name))

const ids = { turnId: 'turn-1', threadId: 'thread-1', userMessageId: 'user-1', messageId: 'answer-1' }
const parts = [
  { type: 'data-turn', data: ids },
  { type: 'text-delta', id: '1', delta: 'Hello' },
  { type: 'data-answer-complete', data: { messageId: 'answer-1', status: 'completed', cutReason: null, usage: null } },
  { type: 'finish' },
]
const opened = {
  assistant: { name: 'Ada' },
  questions: [],
  visitor: { type: 'guest' },
  threads: { items: [], nextCursor: null },
}
globalThis.fetch = async (url) =>
  String(url).endsWith('/turns')
    ? new Response(parts.map((part) => `data: ${JSON.stringify(part)}\n\n`).join('') + 'data: [DONE]\n\n', {
        headers: { 'content-type': 'text/event-stream' },
      })
    : Response.json(String(url).endsWith('/list_threads') ? { items: [] } : opened)

const client = createClient({ url: 'https://abc.supabase.co', key: 'sb_publishable_x', assistant: 'a' })
const events = []
for await (const { type } of client.threads.create().send('Hi')) events.push(type)
// From the file that is loaded on demand.
const listed = await client.threads.list()
console.log(JSON.stringify({ touched, others: Object.keys(others), events, listed }))
