import { Component, h, type MessagePart, type PartProps, toLoaclError, type Ui } from '../runtime.ts'
import { runAt } from '../run.ts'
import { FileName } from './file_name.tsx'
import { fetchFile, isPicture } from './pictures.ts'
import { Thumbnail } from './thumbnail.tsx'
import { uploadsOf } from './uploads.ts'
import { describeFailure, formatSize, formatType, named, showName, wordsOf } from './words.ts'

type FilePart = Extract<MessagePart, { type: 'file' }>

/** What a newer version may have stored, or another program, is none that can be opened. */
const isFile = (part: MessagePart): part is FilePart => part.type === 'file' && part.url?.startsWith('loacl-file:')

/** `loacl-file:<id>` names no place. */
const idOf = ({ url }: FilePart): string => url.slice(11)

/** What browsers show by themselves. All else is saved. */
const isShown = (type: string): boolean => /^image\/|\/(pdf|plain)$/.test(type)

/** The files of a message, which stand before its text. */
export function viewFiles({ ui, message, place, part: { filename } }: PartProps<'file'>) {
  if (!isFile(message.parts[place]!)) return <p>{filename}</p>
  const run = runAt(message, place, isFile)
  if (!run) return null
  return (
    <ul
      class={message.content ? 'files above' : 'files'}
      part="files"
      aria-label={wordsOf(ui).attachments}
      // The panel's own: the message has that of its text.
      ref={(list) => {
        if (list) list.dir = list.closest('dialog')!.dir
      }}
    >
      {run.map((part) => (
        <SentFile key={part.url} ui={ui} part={part} />
      ))}
    </ul>
  )
}

interface SentFileProps {
  ui: Ui
  part: FilePart
}

interface SentFileState {
  isDeleted?: boolean
  /** Why it could not be opened. */
  refused?: string
  /** Where it can be opened by a further press: the browser has let no tab be opened after the first. */
  url?: string
}

class SentFile extends Component<SentFileProps, SentFileState> {
  #timer: ReturnType<typeof setTimeout> | undefined

  override componentWillUnmount(): void {
    clearTimeout(this.#timer)
  }

  fail = (cause: unknown): void => {
    if (toLoaclError(cause).code === 'file_not_found') this.setState({ isDeleted: true })
  }

  load = async (): Promise<Blob> => {
    const { ui, part } = this.props
    return uploadsOf(ui).fileOf({ id: idOf(part) }) ?? fetchFile(ui.model.client, idOf(part))
  }

  async press(): Promise<void> {
    const { ui, part } = this.props
    const shows = isShown(part.mediaType)
    // At once: after the answer it would be no press any more, and be blocked.
    const tab = shows ? open('', '_blank') : null
    if (tab) tab.opener = null
    this.setState({ refused: '', url: '' })
    try {
      if (shows) await this.#show(tab)
      else this.#save(await this.load())
    } catch (error) {
      tab?.close()
      this.fail(error)
      this.setState({ refused: describeFailure(ui, toLoaclError(error), 0) })
    }
  }

  async #show(tab: Window | null): Promise<void> {
    const { ui, part } = this.props
    const { url, expiresAt } = await ui.model.client.files.link(idOf(part))
    if (tab) return void (tab.closed || tab.location.replace(url))
    this.setState({ url })
    this.#timer = setTimeout(() => this.setState({ url: '' }), Date.parse(expiresAt) - Date.now())
  }

  /** By its bytes: a link to them could lead the visitor off the page. */
  #save(bytes: Blob): void {
    const href = URL.createObjectURL(bytes)
    const link = this.#button!.ownerDocument.createElement('a')
    Object.assign(link, { href, download: showName(this.props.part.filename ?? '') }).click()
    setTimeout(() => URL.revokeObjectURL(href), 60_000)
  }

  #button: HTMLElement | null = null

  override render({ ui, part }: SentFileProps, { isDeleted, refused, url }: SentFileState) {
    const words = wordsOf(ui)
    const { mediaType, filename } = part
    const name = filename || formatType(mediaType)
    const size = uploadsOf(ui).sizeOf(idOf(part))
    const about = isDeleted
      ? words.fileDeleted
      : [formatType(mediaType), size && formatSize(size, ui.locale)].filter(Boolean).join(' · ')
    return (
      <li class={isPicture(mediaType) ? 'has-picture' : ''}>
        <button
          type="button"
          class="file"
          // Disabled, it would lose the keyboard.
          aria-disabled={isDeleted}
          aria-label={`${named(isShown(mediaType) ? words.openFile : words.saveFile, name)}, ${about}`}
          ref={(button) => {
            this.#button = button
          }}
          onClick={({ detail }) => !isDeleted && detail < 2 && void this.press()}
        >
          <Thumbnail type={mediaType} load={this.load} onFail={this.fail} />
          <FileName name={name} />
          <span class="file-state">{about}</span>
        </button>
        {url && (
          <a href={url} target="_blank" rel="noopener noreferrer">
            {named(words.openFile, name)}
          </a>
        )}
        <span role="alert">{!isDeleted && refused}</span>
      </li>
    )
  }
}
