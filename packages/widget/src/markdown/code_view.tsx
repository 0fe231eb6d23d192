import { Component, type ComponentChild, createRef, h } from 'preact'
import type { CodeBlock } from './tree.ts'
import type { MarkdownWords } from './words.ts'

interface CodeProps {
  block: CodeBlock
  words: MarkdownWords
}
type CopyState = 'copyCode' | 'copied' | 'copyFailed'

const SHOWN_MS = 2000

/** A code block with its language and a button that copies it. */
export class CodeView extends Component<CodeProps, { copy: CopyState }> {
  override state: { copy: CopyState } = { copy: 'copyCode' }
  readonly #code = createRef<HTMLElement>()
  #timer: ReturnType<typeof setTimeout> | undefined

  override componentWillUnmount(): void {
    clearTimeout(this.#timer)
  }

  override render({ block, words }: CodeProps, { copy }: { copy: CopyState }): ComponentChild {
    const name = block.language ? `${words.code}, ${block.language}` : words.code
    return (
      <div class="code" dir="ltr">
        <div class="code-bar">
          <span>{block.language}</span>
          <button type="button" onClick={this.#copy}>
            {words[copy]}
          </button>
        </div>
        <pre role="group" aria-label={name} tabIndex={0}>
          <code ref={this.#code}>{block.text}</code>
        </pre>
      </div>
    )
  }

  readonly #copy = async (): Promise<void> => {
    let copy: CopyState = 'copied'
    try {
      await navigator.clipboard.writeText(this.props.block.text)
    } catch {
      // Not allowed here, or not a secure page: what is selected can be copied by hand.
      copy = 'copyFailed'
      const code = this.#code.current
      if (code) getSelection()?.selectAllChildren(code)
    }
    this.setState({ copy })
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.setState({ copy: 'copyCode' }), SHOWN_MS)
  }
}
