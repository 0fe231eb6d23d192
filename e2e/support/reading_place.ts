/** Where the conversation stands, in pixels from the top of its view. Needs nothing but the page's DOM. */
export interface Place {
  height: number
  /** Of each message, question or answer, in their order. */
  messages: { text: string; top: number; bottom: number }[]
  /** The end of what there is to read. */
  end: number
}

/** Runs in the page. Of a page with one chat, whose panel is open. */
export function readPlace(): Place {
  const { shadowRoot } = document.querySelector('loacl-chat')!
  const box = shadowRoot!.querySelector('[role=log]')!
  const view = box.getBoundingClientRect()
  const place = (element: Element) => {
    const { top, bottom } = element.getBoundingClientRect()
    return { text: element.textContent!, top: top - view.top, bottom: bottom - view.top }
  }
  return {
    height: box.clientHeight,
    messages: Array.from(box.querySelectorAll('[part=question], [part=answer]'), place),
    end: Math.max(...Array.from(box.firstElementChild!.children, (child) => place(child).bottom)),
  }
}
