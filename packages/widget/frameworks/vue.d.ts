import type { ElementAttributes, LoaclChatElement, WidgetEvents } from '@loacl/widget'
import type { HTMLAttributes, PublicProps } from 'vue'

export * from '@loacl/widget'

type Listeners = {
  [K in keyof WidgetEvents as `onLoacl${Capitalize<K>}`]?: (event: CustomEvent<WidgetEvents[K]>) => void
}

declare module 'vue' {
  interface GlobalComponents {
    'loacl-chat': new () => LoaclChatElement & {
      /** For the compiler alone: an element has none. */
      $props: HTMLAttributes & ElementAttributes & Listeners & PublicProps
    }
  }
}
