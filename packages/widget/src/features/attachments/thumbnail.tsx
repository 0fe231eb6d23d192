import { Component, h } from '../runtime.ts'
import { Icon } from './icons.tsx'
import { drawPicture, isPicture } from './pictures.ts'

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

  override componentDidMount(): void {
    if (!this.#canvas) return
    this.#observer = new IntersectionObserver((entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return
      this.#observer?.disconnect()
      void this.#draw(this.#canvas!)
    })
    this.#observer.observe(this.#canvas.parentElement!)
  }

  override componentWillUnmount(): void {
    this.#observer?.disconnect()
  }

  async #draw(canvas: HTMLCanvasElement): Promise<void> {
    try {
      await drawPicture(canvas, await this.props.load())
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
