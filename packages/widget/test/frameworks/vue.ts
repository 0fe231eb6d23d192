import type { GlobalComponents } from 'vue'
import '@loacl/widget/vue'

/** What Vue's compiler checks a template's attributes against. */
type Attributes = InstanceType<GlobalComponents['loacl-chat']>['$props']

export const attributes: Attributes = {
  id: 'support',
  'data-assistant': 'a1',
  options: { theme: 'dark' },
  // `@loacl-answered` in a template.
  onLoaclAnswered: ({ detail }) => detail.ms.toFixed(),
}
// @ts-expect-error no such theme
export const theme: Attributes = { options: { theme: 'blue' } }
// @ts-expect-error an event has what it has
export const listener: Attributes = { onLoaclAnswered: ({ detail }) => detail.text }
