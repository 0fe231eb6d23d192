import { Component, type ComponentChild, h } from '../runtime.ts'
import { listValues, splitHidden } from './values.ts'

/** The text, with its hidden characters as their numbers. */
const visible = (text: string): ComponentChild[] =>
  splitHidden(text).map((piece, place) => (place % 2 ? <i>{piece}</i> : piece))

/** From how many values on they are shown as the JSON that they came in. */
const MANY = 400

interface ValuesProps {
  label: string
  value: unknown
}

/** What a tool is sent, or gives: each value by its name, as text. What is long scrolls in its own box. */
export class Values extends Component<ValuesProps> {
  #resized = new ResizeObserver(([entry]) => {
    // Who has no pointer scrolls it by the keyboard.
    const box = entry!.target as HTMLElement
    box.tabIndex = box.scrollHeight > box.clientHeight ? 0 : -1
  })

  override componentWillUnmount(): void {
    this.#resized.disconnect()
  }

  override render({ label, value }: ValuesProps) {
    const values = listValues(value)
    return (
      <dl
        class="values"
        role="group"
        aria-label={label}
        ref={(box) => {
          if (box) this.#resized.observe(box)
        }}
      >
        {(values.length > MANY ? [['', JSON.stringify(value, null, 2)] as const] : values).map(([name, text]) => [
          name && (
            <dt>
              <bdi>{visible(name)}</bdi>
            </dt>
          ),
          <dd dir="auto">{visible(text)}</dd>,
        ])}
      </dl>
    )
  }
}
