import { relativeTime } from '../relative_time.ts'
import { Component, Failure, h, reactive, type Ui } from '../runtime.ts'
import { ENGLISH } from './english.ts'
import { type ConversationList, createConversationList } from './list.ts'

/** The visitor's conversations, newest first. */
export class Conversations extends Component<{ ui: Ui }> {
  #list = createConversationList(this.props.ui.model.client, this.props.ui.features.errors.load)

  override componentDidMount(): void {
    void this.#list.load()
  }

  override render({ ui }: { ui: Ui }) {
    return <List ui={ui} list={this.#list} />
  }
}

const List = reactive(({ ui, list }: { ui: Ui; list: ConversationList }) => {
  const { model } = ui
  const words = { ...ENGLISH, ...ui.strings.value }
  const { items, nextCursor, status } = list.listed.value
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
                  aria-current={thread.id === model.threadId.value ? 'true' : undefined}
                  onClick={() => ui.select(thread.id)}
                >
                  <span dir="auto">{list.labelOf(thread) ?? words.untitled}</span>
                  <time dateTime={thread.lastMessageAt}>
                    {relativeTime(Date.parse(thread.lastMessageAt) - Date.now(), ui.locale.value)}
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
})
