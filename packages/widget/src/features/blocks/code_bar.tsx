import { type CodeBarProps, Component, h } from '../runtime.ts'
import { ENGLISH } from './english.ts'

type CopyState = keyof typeof ENGLISH

const SHOWN_MS = 2000

/** The language of a code block, and a button that copies it. */
export class CodeBar extends Component<CodeBarProps, { copy: CopyState }> {
  override state: { copy: CopyState } = { copy: 'copyCode' }

  override render() {
    const { block, words } = this.props
    const { copy } = this.state
    return (
      <div class="under code-bar">
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
      getSelection()!.selectAllChildren(currentTarget.parentElement!.nextSibling!)
    }
    this.setState({ copy })
    setTimeout(() => this.setState({ copy: 'copyCode' }), SHOWN_MS)
  }
}
