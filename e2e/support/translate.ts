/**
 * Does to the panel's texts what Chrome's translator does, as soon as they come or change: each is taken out, and in its
 * place stands another in two `font` elements. What is translated is in capitals. Runs in the page, before the widget or
 * beside it.
 */
export function translate(): void {
  const roots: ShadowRoot[] = []
  const observer = new MutationObserver(() => {
    const texts: Text[] = []
    for (const root of roots) {
      const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
      while (walker.nextNode()) texts.push(walker.currentNode as Text)
    }
    for (const text of texts) {
      if (!text.data.trim() || text.parentElement?.closest('font, textarea, [translate=no]')) continue
      const [outer, inner] = [document.createElement('font'), document.createElement('font')]
      outer.style.verticalAlign = inner.style.verticalAlign = 'inherit'
      inner.append(text.data.toUpperCase())
      outer.append(inner)
      text.replaceWith(outer)
    }
  })
  const follow = (root: ShadowRoot): ShadowRoot => {
    roots.push(root)
    observer.observe(root, { childList: true, characterData: true, subtree: true })
    return root
  }
  const attachShadow = Element.prototype.attachShadow
  Element.prototype.attachShadow = function (options) {
    return follow(attachShadow.call(this, options))
  }
  const there = document.querySelector('loacl-chat')?.shadowRoot
  if (there) follow(there)
}
