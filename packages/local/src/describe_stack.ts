import { join } from 'node:path'
import { DEMO_ASSISTANT } from './demo.ts'
import type { Stack } from './stack_types.ts'

/** What `npm start` says once a stack is up: where it is, and how a page of one's own uses it. */
export function describeStack(stack: Stack, dataDir: string): string {
  const model = stack.isMockModel ? 'a mock model, for OPENAI_API_KEY is not set' : stack.modelUrl
  const tools = stack.toolServers
    ? `\n  Tools       ${stack.toolServers.ordersUrl} and ${stack.toolServers.partsUrl} (docs/tools.md)`
    : ''
  return `  Demo site   ${stack.siteUrl}
  API         ${stack.apiUrl}
  Database    ${stack.dbUrl}
  Widget      ${stack.widgetUrl}/loacl.js
  Model       ${model}${tools}
  Owner       ${stack.ownerEmail}, password ${stack.ownerPassword} (docs/admin.md)

On a page of your own, served from localhost or 127.0.0.1 at any port:

  <script src="${stack.widgetUrl}/loacl.js" async
          data-url="${stack.apiUrl}"
          data-key="${stack.publishableKey}"
          data-assistant="${stack.assistantId}"></script>

A page of another origin is allowed by

  npm run setup -- --db-url ${stack.dbUrl} --owner-email ${stack.ownerEmail} --assistant ${DEMO_ASSISTANT.name} --add-origin https://example.com

Keys and addresses are in ${join(dataDir, 'stack.json')}. Ctrl-C stops it all.`
}
