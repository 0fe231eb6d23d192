import { relativeTime } from '../relative_time.ts'
import { Component, Failure, h, type ModelState, type Ui } from '../runtime.ts'
import { ENGLISH } from './english.ts'
import { createConversationList, type Listed } from './list.ts'

interface Props {
  ui: Ui
  state: ModelState
}

/** The visitor's conversations, newest first. */
export class Conversations extends Component<Props, Listed> {
  #list = createConversationList(this.props.ui.model.client, this.props.ui.features.errors.load)
  #unsubscribe = this.#list.subscribe(() => this.setState(this.#list.getSnapshot()))

  override state = this.#list.getSnapshot()

  override componentDidMount(): void {
    void this.#list.load()
  }

  override componentWillUnmount(): void {
    this.#unsubscribe()
  }

  override render({ ui, state }: Props, { items, nextCursor, status }: Listed) {
    const list = this.#list
    const words = { ...ENGLISH, ...ui.words }
    const failed = typeof status === 'object'
    return (
      <div class="body">
        <div class="scroll">
          <div class="content">
            <ul class="threads" aria-label={words.conversations} aria-busy={status === 'loading'}>
              {items.map((thread) => (
                <li key={thread.id}>
                  <button
                    type="button"
                    class="thread"
                    aria-current={thread.id === state.threadId ? 'true' : undefined}
                    onClick={() => ui.select(thread.id)}
                  >
                    <span dir="auto">{list.labelOf(thread) ?? words.untitled}</span>
                    <time dateTime={thread.lastMessageAt}>
                      {relativeTime(Date.parse(thread.lastMessageAt) - Date.now(), ui.locale)}
                    </time>
                  </button>
                </li>
              ))}
            </ul>
            {items.length === 0 && !failed && (
              <p class="quiet">{status === 'loading' ? words.loading : words.noConversations}</p>
            )}
            <div role="alert">{failed && <Failure ui={ui} error={status} retry={list.load} />}</div>
            {nextCursor && (
              <button type="button" class="again center" disabled={status === 'loading'} onClick={list.loadMore}>
                {words.loadMore}
              </button>
            )}
          </div>
        </div>
      </div>
    )
  }
}
