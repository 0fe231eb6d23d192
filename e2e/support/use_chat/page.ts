// A page of somebody who uses useChat: bundled by `use_chat.spec.ts`, under React's Strict Mode.
import { useChat } from '@ai-sdk/react'
import { createClient, LoaclError } from '@loacl/core'
import { createChatTransport, loadMessages, type ChatMessage } from '@loacl/core/ai'
import {
  generateId,
  lastAssistantMessageIsCompleteWithApprovalResponses,
  lastAssistantMessageIsCompleteWithToolCalls,
} from 'ai'
import { createElement as h, StrictMode, useState } from 'react'
import { createRoot } from 'react-dom/client'

const options = new URLSearchParams(location.search)
const client = createClient({
  url: options.get('url')!,
  key: options.get('key')!,
  assistant: options.get('assistant')!,
})
const transport = createChatTransport(client)
const chatId = location.hash.slice(1) || generateId()
location.hash = chatId

const textOf = ({ parts }: ChatMessage) => parts.map((part) => (part.type === 'text' ? part.text : '')).join('')

function ChatPage({ history }: { history: ChatMessage[] }) {
  const [text, setText] = useState('')
  const [title, setTitle] = useState('')
  const chat = useChat<ChatMessage>({
    id: chatId,
    messages: history,
    resume: true,
    transport,
    sendAutomaticallyWhen: (state) =>
      lastAssistantMessageIsCompleteWithApprovalResponses(state) || lastAssistantMessageIsCompleteWithToolCalls(state),
    onToolCall: ({ toolCall: { toolName, toolCallId, input } }) => {
      if (toolName === 'show_lamp')
        void chat.addToolOutput({ tool: toolName as never, toolCallId, output: { ran: input } })
    },
    onData: (part) => void (part.type === 'data-title' && setTitle(part.data.title)),
  })
  // For tests that have the page say what is not so.
  Object.assign(globalThis, { chat })
  const last = chat.messages.at(-1)
  const calls = last?.parts.filter((part) => part.type === 'dynamic-tool') ?? []
  const followUps = last?.parts.flatMap((part) => (part.type === 'data-follow-ups' ? part.data.suggestions : []))
  return h(
    'form',
    {
      onSubmit: (event) => {
        event.preventDefault()
        void chat.sendMessage({ text })
        setText('')
      },
    },
    h('h1', null, title),
    h(
      'ol',
      null,
      chat.messages.map((message) =>
        h('li', { key: message.id, id: message.id, className: message.role }, textOf(message)),
      ),
    ),
    h(
      'ul',
      null,
      followUps?.map(({ id, suggestion }) => h('li', { key: id }, suggestion)),
    ),
    calls.map(({ toolCallId, toolName, state }) =>
      h(
        'fieldset',
        { key: toolCallId, 'aria-label': toolName },
        h('span', null, state),
        [true, false].map((approved) =>
          h(
            'button',
            {
              key: String(approved),
              type: 'button',
              onClick: () => void chat.addToolApprovalResponse({ id: toolCallId, approved }),
            },
            approved ? 'Approve' : 'Deny',
          ),
        ),
      ),
    ),
    h('output', null, chat.status),
    chat.error &&
      h('p', { role: 'alert', 'data-code': LoaclError.is(chat.error) ? chat.error.code : '' }, chat.error.message),
    h('input', { 'aria-label': 'Message', value: text, onChange: (event) => setText(event.currentTarget.value) }),
    h('button', null, 'Send'),
    h('button', { type: 'button', onClick: () => void chat.stop() }, 'Stop'),
    h('button', { type: 'button', onClick: () => void chat.regenerate() }, 'Again'),
  )
}

const history = await loadMessages(client, chatId)
createRoot(document.querySelector('#app')!).render(h(StrictMode, null, h(ChatPage, { history })))
