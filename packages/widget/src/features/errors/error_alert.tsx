import { relativeTime } from '../relative_time.ts'
import { isThreadOver } from '../remedy.ts'
import { Alert, Component, fill, h, type LoaclError, type Ui } from '../runtime.ts'
import { describeError } from './describe_error.ts'
import { ENGLISH } from './english.ts'
import { msLeft } from './ms_left.ts'

interface Props {
  ui: Ui
  error: LoaclError
  retry: () => void
}

/** What went wrong, what to press, and from when on. */
export class ErrorAlert extends Component<Props> {
  #timer: ReturnType<typeof setTimeout> | undefined

  /** Renders again when the time is told in other words. Out of sight nothing is told: opening the panel renders anew. */
  #wait(told: Element | null): void {
    clearTimeout(this.#timer)
    if (!told?.closest('dialog')!.open) return
    const left = msLeft(this.props.error)
    const step = left > 60_000 ? 60_000 : 1000
    this.#timer = setTimeout(() => this.setState({}), ((left - 1) % step) + 1)
  }

  override render({ ui, error, retry }: Props) {
    const words = { ...ENGLISH, ...ui.words }
    const { code, requestId } = error
    const isOver = isThreadOver(code)
    const left = msLeft(error)
    return (
      <Alert
        text={[
          describeError(code, words),
          // A screen reader hears it once, with the alert.
          left > 0 && (
            <span
              role="timer"
              aria-live="off"
              // A function of its own each time, so that it runs after each rendering, and with `null` at the end.
              ref={(told) => this.#wait(told)}
            >
              {' ' + fill(words.retryWhen, { when: relativeTime(left, ui.locale) })}
            </span>
          ),
        ]}
        action={isOver ? words.startOver : words.tryAgain}
        disabled={left > 0 && !isOver}
        onPress={isOver ? ui.newThread : retry}
      >
        <details>
          <summary>{words.details}</summary>
          <code>
            {code} {requestId}
          </code>
        </details>
      </Alert>
    )
  }
}
