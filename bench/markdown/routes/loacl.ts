import { h, render } from 'preact'
// oxlint-disable-next-line no-restricted-imports -- the bench measures this part alone.
import { Markdown } from '../../../packages/widget/src/markdown/markdown_view.tsx'
import type { CreateRoute } from '../route.ts'

/** LOACL's own: rendered on each chunk, as the panel does; the component keeps to one rendering a frame. */
export const create: CreateRoute = (root) => {
  let source = ''
  const show = (streaming: boolean) => render(h(Markdown, { source, streaming }), root)
  return {
    append(chunk) {
      source += chunk
      show(true)
    },
    end: () => show(false),
  }
}
