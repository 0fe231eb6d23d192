import { type CodeBarProps, Component, h } from '../runtime.ts'
import { ENGLISH } from './english.ts'

type CopyState = keyof typeof ENGLISH

const SHOWN_MS = 2000

/** The language of a code block, and a button that copies it. */
export class CodeBar extends Component<CodeBarProps, { copy: CopyState }> {
  override state: { copy: CopyState } = { copy: 'copyCode' }
  #timer: ReturnType<typeof setTimeout> | undefined

  override componentWillUnmount(): void {
    clearTimeout(this.#timer)
  }

  override render() {
    const { block, words } = this.props
    const { copy } = this.state
    return (
      <div class="code-bar">
        <span>{block.language}</span>
        <button type="button" onClick={this.#copy}>
          {words[copy] ?? ENGLISH[copy]}
        </button>
      </div>
    )
  }

  readonly #copy = async ({ currentTarget }: { currentTarget: HTMLElement }): Promise<void> => {
    let copy: CopyState = 'copied'
    try {
      await navigator.clipboard.writeText(this.props.block.text)
    } catch {
      // Not allowed here, or not a secure page: what is selected can be copied by hand.
      copy = 'copyFailed'
      const code = currentTarget.closest('.code')?.querySelector('code')
      if (code) getSelection()?.selectAllChildren(code)
    }
    this.setState({ copy })
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.setState({ copy: 'copyCode' }), SHOWN_MS)
  }
}
