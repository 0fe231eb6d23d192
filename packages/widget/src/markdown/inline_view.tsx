import { type ComponentChild, h } from 'preact'
import { directionOf } from '../direction.ts'
import type { Inline, Link } from './tree.ts'
import { safeUrl } from './urls.ts'

/**
 * Text, emphasis, code and links as nodes, each in a fragment: Preact would look for a child that became one of another
 * kind among all of its siblings.
 */
export const renderInlines = (inlines: readonly Inline[]): ComponentChild[] =>
  inlines.map((inline) => [renderInline(inline)])

function renderInline(inline: Inline): ComponentChild {
  if (typeof inline === 'string') return inline
  if (inline.type === 'code')
    return (
      <code dir={directionOf(inline.text)} translate={false}>
        {inline.text}
      </code>
    )
  if (inline.type === 'break') return <br />
  if (inline.type === 'link' || inline.type === 'image') return renderLink(inline)
  return h(inline.type as 'em', inline.props!, renderInlines(inline.children))
}

/**
 * A link, or its text alone where it leads somewhere that an answer may not. An image is a link to itself: were it
 * loaded, a model that was talked into it could tell a third party, in the image's URL, what the visitor wrote.
 */
function renderLink({ type, href, title, children }: Link): ComponentChild {
  const image = type === 'image'
  const content = renderInlines(children.length || !image ? children : [href ?? ''])
  const url = href === null ? undefined : safeUrl(href)
  if (url === null) return content
  const rel = 'noopener noreferrer nofollow ugc'
  return h('a', { href: url, title: title || undefined, target: '_blank', rel }, content)
}
