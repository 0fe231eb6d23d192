import { Component, h } from '../runtime.ts'
import { Icon } from './icons.tsx'
import { drawPicture, isPicture } from './pictures.ts'

/** What is scrolled past is not fetched. In milliseconds. */
const STAY_MS = 200

interface ThumbnailProps {
  type: string
  /** Fetches the picture. Asked when it comes into sight. */
  load: () => Promise<Blob>
  /** Is told why there is no picture. */
  onFail?: (cause: unknown) => void
}

/** A picture, small, or a sign for what is none, has not come yet or can't be read. Named by what stands beside it. */
export class Thumbnail extends Component<ThumbnailProps, { isDrawn?: boolean }> {
  #canvas: HTMLCanvasElement | null = null
  #observer: IntersectionObserver | null = null
  #timer: ReturnType<typeof setTimeout> | undefined

  override componentDidMount(): void {
    if (!this.#canvas) return
    this.#observer = new IntersectionObserver((entries) => {
      clearTimeout(this.#timer)
      if (entries.at(-1)!.isIntersecting) this.#timer = setTimeout(this.#draw, STAY_MS)
    })
    this.#observer.observe(this.#canvas.parentElement!)
  }

  override componentWillUnmount(): void {
    this.#observer?.disconnect()
    clearTimeout(this.#timer)
  }

  #draw = async (): Promise<void> => {
    this.#observer?.disconnect()
    try {
      await drawPicture(this.#canvas!, await this.props.load())
      this.setState({ isDrawn: true })
    } catch (error) {
      this.props.onFail?.(error)
    }
  }

  override render({ type }: ThumbnailProps, { isDrawn }: { isDrawn?: boolean }) {
    const hasPicture = isPicture(type)
    return (
      <span class={hasPicture ? 'thumbnail of-picture' : 'thumbnail'} aria-hidden="true">
        {!isDrawn && <Icon name={hasPicture ? 'picture' : 'file'} />}
        {hasPicture && (
          <canvas
            hidden={!isDrawn}
            ref={(canvas) => {
              this.#canvas = canvas
            }}
          />
        )}
      </span>
    )
  }
}
