/** @jsxImportSource preact */
import { useRef } from 'preact/hooks'
import type { LoaclChatElement } from '@loacl/widget/preact'

export function Page() {
  const chat = useRef<LoaclChatElement>(null)
  return (
    <>
      <loacl-chat
        ref={chat}
        id="support"
        hidden
        data-assistant="a1"
        data-open
        options={{ theme: 'dark', strings: { openChat: 'Ask us' } }}
        onloacl-answered={({ detail }) => detail.ms.toFixed()}
      />
      {/* @ts-expect-error no such theme */}
      <loacl-chat options={{ theme: 'blue' }} />
      {/* @ts-expect-error an event has what it has */}
      <loacl-chat onloacl-answered={({ detail }) => detail.text} />
    </>
  )
}
