import type { SvelteHTMLElements } from 'svelte/elements'
import '@loacl/widget/svelte'

/** What Svelte's compiler checks a template's attributes against. */
type Attributes = SvelteHTMLElements['loacl-chat']

export const attributes: Attributes = {
  id: 'support',
  'data-assistant': 'a1',
  options: { theme: 'dark' },
  'onloacl-answered': ({ detail }) => detail.ms.toFixed(),
}
// @ts-expect-error no such theme
export const theme: Attributes = { options: { theme: 'blue' } }
// @ts-expect-error an event has what it has
export const listener: Attributes = { 'onloacl-answered': ({ detail }) => detail.text }
